"""How much memory tensors take while a model really runs on this CPU: every storage from when it is made to when it is freed, and
what autograd keeps."""

import weakref
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Living(TorchDispatchMode):
    """Bytes of the storages alive, and the most that there were."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = self.peak = 0
        self._known: dict[int, Any] = {}

    def add(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        address, size = storage._cdata, storage.nbytes()
        if address not in self._known:
            self._known[address] = weakref.finalize(storage, self._remove, address, size)
            self.bytes += size
            self.peak = max(self.peak, self.bytes)

    def _remove(self, address: int, size: int) -> None:
        del self._known[address]
        self.bytes -= size

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                self.add(leaf)
        return result


# Newer torch wraps the method so that torch.compile skips it, which imports torch._dynamo: seconds.
_Living.__torch_dispatch__ = getattr(_Living.__torch_dispatch__, "__wrapped__", _Living.__torch_dispatch__)


def peak_of_a_run(model: torch.nn.Module, *shape: int) -> int:
    """Bytes at the fullest moment of inference, weights and input included, of a model on the meta device: values are zeros."""
    model = model.to_empty(device="cpu").eval()
    given = torch.zeros(shape)
    living = _Living()
    for tensor in (*model.parameters(), *model.buffers(), given):
        living.add(tensor.detach().zero_())
    with torch.no_grad(), living:
        model(given)
    return living.peak


def kept_for_backward(model: torch.nn.Module, *shape: int) -> int:
    """Bytes that are held when the backward pass of a model on the meta device begins: what autograd saved, the input, the
    output; without its parameters, buffers and dropout."""
    model = model.to_empty(device="cpu").train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.detach().zero_()
    own = {tensor.untyped_storage()._cdata for tensor in (*model.parameters(), *model.buffers())}
    held: dict[int, torch.UntypedStorage] = {}

    def hold(tensor: torch.Tensor) -> torch.Tensor:
        held[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        return tensor

    given = hold(torch.zeros(shape))
    with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
        result = model(given)
    for leaf in tree_leaves(result):
        hold(leaf)
    return sum(storage.nbytes() for address, storage in held.items() if address not in own)
