"""How much memory tensors take while a model really runs on this CPU: every storage from when it is made to when it is freed."""

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
