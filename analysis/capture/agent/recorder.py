"""Records every operator that runs, with the tensors it reads and writes, its module and the user's line."""

from __future__ import annotations

import sys

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from .values import Values, base_name

_VIEWS = frozenset(["_unsafe_view", "_reshape_alias", "lift_fresh"])
_ALIASES = frozenset(["lift_fresh", "detach", "alias"])
_ALLOCATIONS = frozenset(["empty", "empty_strided", "empty_permuted", "empty_like", "new_empty", "new_empty_strided"])
_MOST_ITEMS = 64


class Recorder(TorchDispatchMode):
    """Active while a model is built (`recording` off) and run (`recording` on)."""

    def __init__(self, locator):
        super().__init__()
        self.recording = False
        self.values = Values()
        self.locator = locator
        self.tensors = []
        self.storages = {}
        self.operators = []
        self.module_stack = [("", 0)]
        self._ids = {}
        self._alive = []
        self._born = []
        self._written = {}
        self._schemas = {}
        self._site = (0, None)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = self.values.run(func, args, kwargs)
        if self.recording:
            self._record_call(func, args, kwargs, result)
        return result

    # ---- tensors -------------------------------------------------------------------------------------------------

    def register(self, tensor, role, name=""):
        """The id of `tensor`, known from now on as an input, a parameter, ... of the model."""
        known = self._ids.get(id(tensor))
        if known is not None:
            return known
        return self._new(tensor, role, name, -1)

    def _new(self, tensor, role, name, born):
        tid = len(self.tensors)
        storage = _storage(tensor)
        self.storages.setdefault(storage, _storage_bytes(tensor))
        self.tensors.append((tuple(tensor.shape), str(tensor.dtype)[6:], _strides(tensor), storage, role, name))
        self._born.append(born)
        self._ids[id(tensor)] = tid
        self._alive.append(tensor)
        return tid

    def _read(self, tensor):
        """The id to read `tensor` by: after an in-place write through another view, the writer's result."""
        tid = self._ids.get(id(tensor))
        if tid is None:
            tid = self._new(tensor, "constant", "", -1)
        writer = self._written.get(_storage(tensor), -1)
        if writer <= self._born[tid]:
            return tid
        name = self.tensors[tid][5]
        tid = self._new(tensor, "activation", name, writer)
        self.operators[writer]["outputs"].append(tid)
        return tid

    # ---- operators -----------------------------------------------------------------------------------------------

    def record_identity(self, tensor):
        """Adds an operator for a module that returned its input as it was: dropout in inference, `nn.Identity`."""
        if isinstance(tensor, torch.Tensor):
            self._append("identity", "identity", [("input", tensor)], [tensor], {}, True, sys._getframe(2), renew=True)

    def record_atom(self, kind, inputs, outputs, attributes):
        """Adds one operator that stands for a whole call; `inputs` are (argument, tensor) pairs."""
        self._append(kind, kind, inputs, outputs, attributes, kind == "dropout", sys._getframe(2), renew=True)

    def _record_call(self, func, args, kwargs, result):
        name = base_name(func)
        info = self._schemas.get(func)
        if info is None:
            info = self._schemas[func] = _schema_info(func, name)
        names, view, mutable = info
        inputs, attributes = [], {}
        for argument, value in _named(names, args, kwargs):
            tensors = _tensors_in(value)
            if tensors:
                inputs.extend((argument, tensor) for tensor in tensors)
            else:
                attributes[argument] = value
        outputs = _tensors_in(result)
        if name in _ALLOCATIONS:
            return
        if name in _ALIASES or (view and self._of_weights(inputs)):
            self._alias(inputs, outputs)
            return
        self._append(name, str(func), inputs, outputs, attributes, view, sys._getframe(2), mutable)

    def _of_weights(self, inputs):
        for _, tensor in inputs:
            tid = self._ids.get(id(tensor))
            if tid is None or self.tensors[tid][4] not in ("parameter", "buffer", "constant"):
                return False
        return bool(inputs)

    def _alias(self, inputs, outputs):
        """A result that is its input in another shape: it takes over the input's role and producer."""
        if not inputs:
            return
        source = self._read(inputs[0][1])
        for tensor in outputs:
            if id(tensor) not in self._ids:
                role, name = self.tensors[source][4:6]
                tid = self._new(tensor, role, name, self._born[source])
                if self._born[source] >= 0:
                    self.operators[self._born[source]]["outputs"].append(tid)

    def _append(self, name, target, inputs, outputs, attributes, view, frame, mutable=False, renew=False):
        index = len(self.operators)
        reads = [self._read(tensor) for _, tensor in inputs]
        path, call = self.module_stack[-1]
        operator = {
            "kind": name,
            "target": target,
            "inputs": reads,
            "names": [argument for argument, _ in inputs],
            "outputs": [],
            "attributes": {key: _plain(value) for key, value in attributes.items()},
            "module": path,
            "call": call,
            "source": self.locator.lines(frame),
            "view": view,
            "site": self._call_site(frame),
        }
        self.operators.append(operator)
        for tensor in outputs:
            if mutable or renew or id(tensor) not in self._ids:
                operator["outputs"].append(self._new(tensor, "activation", "", index))
            if mutable:
                self._written[_storage(tensor)] = index

    def _call_site(self, frame):
        """A number that stays the same for the operators that one Python call runs in a row (`linear`: view, addmm, view)."""
        number, place = self._site
        here = (id(frame), frame.f_lasti)
        if here != place:
            self._site = number, place = number + 1, here
        return number


def _unwrapped(method):
    """The method itself: newer torch wraps it so that torch.compile skips it, which imports all of torch._dynamo (seconds)."""
    return getattr(method, "__wrapped__", method)


Recorder.__torch_dispatch__ = _unwrapped(Recorder.__torch_dispatch__)


def _schema_info(func, name):
    schema = func._schema
    names = [argument.name for argument in schema.arguments]
    aliases = [result.alias_info for result in schema.returns]
    view = name in _VIEWS or any(info is not None and not info.is_write for info in aliases)
    return names, view, schema.is_mutable


def _named(names, args, kwargs):
    yield from zip(names, args)
    yield from kwargs.items()


def _tensors_in(value):
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [leaf for leaf in tree_flatten(value)[0] if isinstance(leaf, torch.Tensor)]
    return []


def _storage(tensor):
    try:
        return tensor.untyped_storage()._cdata
    except (NotImplementedError, RuntimeError):
        return -id(tensor)


def _storage_bytes(tensor):
    try:
        return tensor.untyped_storage().nbytes()
    except (NotImplementedError, RuntimeError):
        return tensor.numel() * tensor.element_size()


def _strides(tensor):
    try:
        return tuple(tensor.stride())
    except (NotImplementedError, RuntimeError):
        return (1,) * tensor.dim()


def _plain(value):
    """An argument as JSON can carry it; long lists are cut."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value[:_MOST_ITEMS]]
    return str(value)
