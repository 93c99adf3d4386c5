"""Records every operator that runs, with the tensors it reads and writes, its module and the user's line."""

from __future__ import annotations

import functools
import linecache
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, TypedDict

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from .alive import Alive
from .sources import Line, SourceLocator
from .values import Args, Kwargs, Values, facts_of, tensors_in

if TYPE_CHECKING:
    from typing import TypeAlias  # Python 3.10

    from torch._ops import OpOverload

    Plain: TypeAlias = "bool | int | float | str | list[Plain] | None"

# Name of an argument, and a tensor given for it.
Argument = tuple[str, torch.Tensor]
# Of an operator: base name, whole name, those of its arguments, whether its result is a view, whether it writes to its input.
_Call = tuple[str, str, list[str], bool, bool]
# Shape, dtype, strides, storage, role, name.
TensorRow = tuple[tuple[int, ...], str, tuple[int, ...], int, str, str]

_VIEWS = frozenset(["_unsafe_view", "_reshape_alias", "lift_fresh", "unsafe_split", "unsafe_split_with_sizes"])
_ALIASES = frozenset(["lift_fresh", "detach", "alias"])
_ALLOCATIONS = frozenset(["empty", "empty_strided", "empty_permuted", "empty_like", "new_empty", "new_empty_strided"])
_IDENTITIES = frozenset(["dropout", "to"])
_MOST_ITEMS = 64


class OperatorRow(TypedDict):
    """One operator that ran; `inputs` and `outputs` are tensor ids."""

    kind: str
    target: str
    inputs: list[int]
    names: list[str]
    outputs: list[int]
    attributes: dict[str, Plain]
    module: str
    call: int
    source: tuple[Line, ...]
    view: bool
    site: int


class Recorder(TorchDispatchMode):
    """Active while a model is built (`recording` off) and run (`recording` on)."""

    def __init__(self, locator: SourceLocator) -> None:
        super().__init__()
        self.recording = False
        self.values = Values(self.assume, self._producer, self._line)
        self.locator = locator
        self.restart()

    def restart(self) -> None:
        """Forgets what was recorded: the next run is as the first."""
        self.tensors: list[TensorRow] = []
        self.operators: list[OperatorRow] = []
        self.alive = Alive(self.operators)
        self.assumptions: dict[str, None] = {}
        self.module_stack = [("", 0)]
        self._born: list[int] = []
        self._written: dict[int, int] = {}
        self._site: tuple[int, tuple[FrameType, int] | None] = (0, None)

    def __torch_dispatch__(
        self, func: OpOverload, types: Sequence[type], args: Args = (), kwargs: Kwargs | None = None
    ) -> object:
        kwargs = kwargs or {}
        result = self.values.run(func, args, kwargs)
        if self.recording:
            self._record_call(func, args, kwargs, result)
        return result

    def assume(self, words: str) -> None:
        """Notes an assumption that the run rests on, at the user's line that needs it; silent while the model is built."""
        if self.recording:
            place = next(iter(self.locator.lines(sys._getframe(2))), None)
            where = f" ({os.path.basename(place[0])}, line {place[1]})" if place is not None else ""
            self.assumptions.setdefault(f"{words}{where}")

    def _line(self) -> str:
        """The text of the user's line that runs."""
        place = next(iter(self.locator.lines(sys._getframe(2))), None)
        return linecache.getline(place[0], place[1]) if place is not None else ""

    def _producer(self, tensor: torch.Tensor) -> str:
        """Name of the operator that computed `tensor`, or nothing."""
        tid = self.alive.number(tensor)
        return self.operators[self._born[tid]]["kind"] if tid is not None and self._born[tid] >= 0 else ""

    # ---- tensors -------------------------------------------------------------------------------------------------

    def register(self, tensor: torch.Tensor, role: str, name: str = "") -> int:
        """The id of `tensor`, known from now on as an input, a parameter, ... of the model."""
        known = self.alive.number(tensor)
        return self._new(tensor, role, name, -1) if known is None else known

    def inputs_of(self, tensors: Sequence[torch.Tensor]) -> set[str]:
        """The names of the model's inputs that the tensors were computed from."""
        found: set[str] = set()
        queue = [tid for tensor in tensors if (tid := self.alive.number(tensor)) is not None]
        seen = set(queue)
        while queue:
            tid = queue.pop()
            if self.tensors[tid][4] == "input":
                found.add(self.tensors[tid][5])
            elif self._born[tid] >= 0:
                further = set(self.operators[self._born[tid]]["inputs"]) - seen
                seen |= further
                queue += further
        return found

    def _new(self, tensor: torch.Tensor, role: str, name: str, born: int) -> int:
        tid = len(self.tensors)
        storage = self.alive.add(tensor, tid)
        self.tensors.append((tuple(tensor.shape), _dtype(tensor.dtype), _strides(tensor), storage, role, name))
        self._born.append(born)
        return tid

    def _read(self, tensor: torch.Tensor) -> int:
        """The id to read `tensor` by: after an in-place write through another view, the writer's result."""
        tid = self.alive.number(tensor)
        if tid is None:
            tid = self._new(tensor, "constant", "", -1)
        writer = self._written.get(self.tensors[tid][3], -1)
        if writer <= self._born[tid]:
            return tid
        name = self.tensors[tid][5]
        tid = self._new(tensor, "activation", name, writer)
        self.operators[writer]["outputs"].append(tid)
        return tid

    # ---- operators -----------------------------------------------------------------------------------------------

    def record_identity(self, tensor: object) -> None:
        """Adds an operator for a module that returned its input as it was: dropout in inference, `nn.Identity`."""
        if isinstance(tensor, torch.Tensor):
            self._append("identity", "identity", [("input", tensor)], [tensor], {}, True, sys._getframe(2), renew=True)

    def record_atom(
        self, kind: str, inputs: Sequence[Argument], outputs: Sequence[torch.Tensor], attributes: Kwargs
    ) -> None:
        """Adds one operator that stands for a whole call; `inputs` are (argument, tensor) pairs."""
        self._append(kind, kind, inputs, outputs, attributes, kind in _IDENTITIES, sys._getframe(2), renew=True)

    def _record_call(self, func: OpOverload, args: Args, kwargs: Kwargs, result: object) -> None:
        name, target, names, view, mutable = _call_of(func)
        if name in _ALLOCATIONS:
            return
        inputs: list[Argument] = []
        attributes: Kwargs = {}
        for argument, value in _named(names, args, kwargs):
            if isinstance(value, torch.Tensor):
                inputs.append((argument, value))
                continue
            tensors = tensors_in(value)
            if tensors:
                inputs.extend((argument, tensor) for tensor in tensors)
            else:
                attributes[argument] = value
        outputs = tensors_in(result)
        if name in _ALIASES or (view and self._of_weights(inputs)):
            self._alias(inputs, outputs)
            return
        writes, renews = mutable and not view, mutable and view
        self._append(name, target, inputs, outputs, attributes, view, sys._getframe(2), writes, renews)

    def _of_weights(self, inputs: Sequence[Argument]) -> bool:
        for _, tensor in inputs:
            tid = self.alive.number(tensor)
            if tid is None or self.tensors[tid][4] not in ("parameter", "buffer", "constant"):
                return False
        return bool(inputs)

    def _alias(self, inputs: Sequence[Argument], outputs: Sequence[torch.Tensor]) -> None:
        """A result that is its input in another shape: it takes over the input's role and producer."""
        if not inputs:
            return
        source = self._read(inputs[0][1])
        for tensor in outputs:
            if self.alive.number(tensor) is None:
                role, name = self.tensors[source][4:6]
                tid = self._new(tensor, role, name, self._born[source])
                if self._born[source] >= 0:
                    self.operators[self._born[source]]["outputs"].append(tid)

    def _append(
        self,
        name: str,
        target: str,
        inputs: Sequence[Argument],
        outputs: Sequence[torch.Tensor],
        attributes: Kwargs,
        view: bool,
        frame: FrameType,
        mutable: bool = False,
        renew: bool = False,
    ) -> None:
        index = len(self.operators)
        reads = [self._read(tensor) for _, tensor in inputs]
        path, call = self.module_stack[-1]
        operator: OperatorRow = {
            "kind": name,
            "target": target,
            "inputs": reads,
            "names": [argument for argument, _ in inputs],
            "outputs": [],
            "attributes": {key: _plain(value) for key, value in attributes.items()},
            "module": path,
            "call": call,
            "source": self.locator.lines(frame, name),
            "view": view,
            "site": self._call_site(frame),
        }
        self.operators.append(operator)
        for tensor in outputs:
            if mutable or renew or self.alive.number(tensor) is None:
                operator["outputs"].append(self._new(tensor, "activation", "", index))
            if mutable:
                self._written[self.alive.storage(tensor)] = index

    def _call_site(self, frame: FrameType) -> int:
        """A number, the same for the operators that one Python call runs in a row (`linear`: view, addmm, view)."""
        number, place = self._site
        # The frame itself: the id of one that has ended may be used again. Letting go of it here, before the operator is
        # recorded, ends the lives of its local variables where they did end: after the operator before.
        here = (frame, frame.f_lasti)
        if here != place:
            self._site = number, place = number + 1, here
        return number


def _unwrapped(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method itself: newer torch wraps it so that torch.compile skips it, which imports torch._dynamo (seconds)."""
    return getattr(method, "__wrapped__", method)


Recorder.__torch_dispatch__ = _unwrapped(Recorder.__torch_dispatch__)


@functools.cache
def _call_of(func: OpOverload) -> _Call:
    name = facts_of(func).name
    names = [argument.name for argument in func._schema.arguments]
    if torch.Tag.inplace_view in func.tags:
        return name, str(func), names, True, True
    aliases = [result.alias_info for result in func._schema.returns]
    view = name in _VIEWS or any(info is not None and not info.is_write for info in aliases)
    return name, str(func), names, view, func._schema.is_mutable


def _named(names: Sequence[str], args: Args, kwargs: Kwargs) -> Iterator[tuple[str, Any]]:
    yield from zip(names, args)  # noqa: B905 (Python 3.10)
    yield from kwargs.items()


@functools.cache
def _dtype(dtype: torch.dtype) -> str:
    """`float32`."""
    return str(dtype)[6:]


def _strides(tensor: torch.Tensor) -> tuple[int, ...]:
    try:
        return tuple(tensor.stride())
    except (NotImplementedError, RuntimeError):
        return (1,) * tensor.dim()


def _plain(value: object) -> Plain:
    """An argument as JSON can carry it; long lists are cut."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value[:_MOST_ITEMS]]
    return str(value)
