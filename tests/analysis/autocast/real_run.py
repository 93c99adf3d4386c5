"""What PyTorch itself does under `torch.autocast("cuda")`, recorded on tensors that only claim to be on a GPU."""

import contextlib
from collections.abc import Callable, Generator, Sequence
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_leaves

# Name of the operator, types of the tensors it reads, types of those it writes.
Row = tuple[str, tuple[str, ...], tuple[str, ...]]
_ALLOCATIONS = ("empty", "empty_strided", "empty_permuted", "empty_like", "new_empty", "new_empty_strided")
_ALIASES = ("_unsafe_view", "_reshape_alias", "lift_fresh", "detach", "alias", "device")


class _Recorder(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func._schema.name.rpartition("::")[2]
        aliases = [r.alias_info for r in func._schema.returns]
        view = name in _ALIASES or torch.Tag.inplace_view in func.tags
        view = view or any(info is not None and not info.is_write for info in aliases)
        if not view and name not in _ALLOCATIONS:
            self.rows.append((name, _types((args, kwargs)), _types(result)))
        return result


def run(
    model: Callable[[], torch.nn.Module], *inputs: tuple[tuple[int, ...], str], lower: str = "float16"
) -> list[Row]:
    """Every operator of one run under autocast. Attention is one row, as it is one operator in a captured graph."""
    recorder = _Recorder()
    module = model().eval()
    with FakeTensorMode(allow_non_fake_inputs=True), torch.device("cuda"), torch.no_grad():
        _to_gpu(module)
        given = [torch.zeros(shape, dtype=getattr(torch, dtype)) for shape, dtype in inputs]
        with _autocast(getattr(torch, lower)), _attention_as_one(recorder.rows, lower), recorder:
            module(*given)
    return recorder.rows


def _to_gpu(module: torch.nn.Module) -> None:
    """Every tensor of the model in place of itself without data; what is shared stays shared."""
    moved: dict[int, torch.Tensor] = {}
    for part in module.modules():
        for held in (part._parameters, part._buffers, part.__dict__):
            for name, value in list(held.items()):
                if isinstance(value, torch.Tensor):
                    if id(value) not in moved:
                        fake = torch.empty_strided(value.shape, value.stride(), dtype=value.dtype)
                        parameter = isinstance(value, torch.nn.Parameter)
                        moved[id(value)] = torch.nn.Parameter(fake, value.requires_grad) if parameter else fake
                    held[name] = moved[id(value)]  # pyright: ignore[reportArgumentType]


@contextlib.contextmanager
def _autocast(lower: torch.dtype) -> Generator[None]:
    """`torch.autocast` without its question whether there is a GPU."""
    torch.set_autocast_enabled("cuda", True)
    torch.set_autocast_dtype("cuda", lower)
    torch.autocast_increment_nesting()
    try:
        yield
    finally:
        torch.autocast_decrement_nesting()
        torch.clear_autocast_cache()
        torch.set_autocast_dtype("cuda", torch.float16)
        torch.set_autocast_enabled("cuda", False)


@contextlib.contextmanager
def _attention_as_one(rows: list[Row], lower: str) -> Generator[None]:
    """Puts one row for what attention runs inside, after the casts of its arguments."""
    original = functional.scaled_dot_product_attention

    def attention(*args: Any, **kwargs: Any) -> Any:
        before = len(rows)
        result = original(*args, **kwargs)
        inside = rows[before:]
        given = _types((args, kwargs))
        cast = [row for row in inside[: len(given)] if row[0] == "_to_copy" and row[2] == (lower,)]
        read = tuple(lower if dtype in ("float32", "float16", "bfloat16") else dtype for dtype in given)
        if result.dim() == 4:  # the math path runs here; a fused kernel lays its result out in another way
            result = result.as_strided(result.shape, _real_strides(args[0], original))
        rows[before:] = [*cast, ("scaled_dot_product_attention", read, _types(result))]
        return result

    functional.scaled_dot_product_attention = attention
    try:
        yield
    finally:
        functional.scaled_dot_product_attention = original


def _real_strides(query: torch.Tensor, attention: Any) -> tuple[int, ...]:
    """The strides of what the fused kernel of a CPU makes of such a query."""
    with _disable_current_modes(), torch.autocast("cuda", enabled=False):
        strides = torch.empty_like(query, device="meta").stride()
        like = torch.zeros(query.numel(), device="cpu").as_strided(query.shape, strides)
        return attention(like, like, like).stride()


def _types(values: object) -> tuple[str, ...]:
    return tuple(str(v.dtype)[6:] for v in tree_leaves(values) if isinstance(v, torch.Tensor))


def plain(rows: Sequence[Row]) -> list[Row]:
    """Batch norm under one name and with its result alone: its statistics differ between cuDNN and the reference."""
    return [("batch_norm", row[1], row[2][:1]) if "batch_norm" in row[0] else row for row in rows]
