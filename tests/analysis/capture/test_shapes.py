"""Result shapes that are known without PyTorch's own meta kernels are those that they give."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from graphperf.analysis.capture.agent.shapes import KNOWN


def _meta(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


_IMAGE = _meta(2, 4, 6, 8)
_LAST = _IMAGE.to(memory_format=torch.channels_last)
_CROSSED = _meta(4, 2, 6, 8).transpose(0, 1)
_CALLS: list[tuple[Any, tuple[Any, ...]]] = [
    *[
        (torch.ops.aten.mean.dim, (data, dims, keep))
        for data in (_IMAGE, _LAST, _CROSSED, _meta(3, dtype=torch.float16))
        for dims in ([0], [-1], [2, 3], [-1, -2], [1, 0])
        for keep in (False, True)
        if len(dims) <= data.dim() and max(dims) < data.dim()
    ],
    (torch.ops.aten.mean.dim, (_IMAGE, [0, 1, 2, 3])),
    (torch.ops.aten.convolution.default, (_IMAGE, _meta(8, 2, 3, 3), None, [2], [1], [1], False, [0], 2)),
    (torch.ops.aten.native_batch_norm.default, (_LAST, *[_meta(4)] * 4, False, 0.1, 1e-5)),
    (torch.ops.aten.native_layer_norm.default, (_IMAGE, [6, 8], None, None, 1e-5)),
    (torch.ops.aten.mm.default, (_meta(2, 3), _meta(3, 5))),
    (torch.ops.aten.addmm.default, (_meta(5), _meta(2, 3), _meta(3, 5))),
    (torch.ops.aten.bmm.default, (_meta(7, 2, 3), _meta(7, 3, 5))),
    (torch.ops.aten.add.Tensor, (_IMAGE, 2)),
    (torch.ops.aten.relu.default, (_LAST,)),
]


@pytest.mark.parametrize(("operator", "args"), _CALLS)
def test_as_pytorch(operator: Any, args: tuple[Any, ...]) -> None:
    known, own = KNOWN[operator._schema.name.rpartition("::")[2]](args), operator(*args)
    pairs = list(zip(_results(known), _results(own), strict=True))
    assert [_facts(a) for a, _ in pairs if a.numel()] == [_facts(b) for a, b in pairs if a.numel()]


@pytest.mark.parametrize("dims", [[2], [0, 0], [-3], None, []])
def test_a_mean_that_is_left_to_pytorch(dims: list[int] | None) -> None:
    assert KNOWN["mean"]((_meta(2, 3), dims)) is None
    assert KNOWN["mean"]((_meta(2, 3, dtype=torch.int64), [0])) is None


_PLAIN, _LAST_2D = torch.contiguous_format, torch.channels_last


@pytest.mark.parametrize(
    ("shape", "weight", "image_form", "weight_form"),
    [
        ((2, 4, 6, 8), (8, 4, 3, 3), _PLAIN, _PLAIN),
        ((2, 4, 6, 8), (8, 4, 3, 3), _LAST_2D, _PLAIN),
        ((2, 4, 6, 8), (8, 4, 3, 3), _PLAIN, _LAST_2D),
        ((2, 4, 6, 8), (8, 4, 3, 3), _LAST_2D, _LAST_2D),
        ((2, 4, 6, 8), (8, 4, 1, 1), _PLAIN, _LAST_2D),
        ((2, 4, 6, 8), (8, 4, 1, 1), _PLAIN, _PLAIN),
        ((2, 4, 1, 1), (8, 4, 1, 1), _PLAIN, _PLAIN),
        ((2, 4, 6, 8), (4, 1, 3, 3), _LAST_2D, _PLAIN),
        ((2, 1, 6, 8), (8, 1, 3, 3), _PLAIN, _PLAIN),
        ((1, 2, 4, 6, 8), (8, 2, 3, 3, 3), _PLAIN, _PLAIN),
    ],
)
def test_convolutions_give_the_order_that_real_ones_give(shape, weight, image_form, weight_form) -> None:
    image, filters = (torch.ones(s).to(memory_format=f) for s, f in ((shape, image_form), (weight, weight_form)))
    dims, groups = len(shape) - 2, shape[1] // weight[1]
    rest = (None, [1] * dims, [0] * dims, [1] * dims, False, [0] * dims, groups)
    real = torch.ops.aten.convolution.default(image, filters, *rest)
    known = KNOWN["convolution"]((image.to("meta"), filters.to("meta"), *rest))
    assert isinstance(known, torch.Tensor)
    longer = [dim for dim, size in enumerate(real.shape) if size > 1]
    assert known.shape == real.shape
    assert [known.stride(dim) for dim in longer] == [real.stride(dim) for dim in longer]


def _results(result: Any) -> tuple[torch.Tensor, ...]:
    """Some have no elements: a batch norm in evaluation has no statistics on a processor, where it has them on meta."""
    return result if isinstance(result, tuple) else (result,)


def _facts(tensor: torch.Tensor) -> tuple[Any, ...]:
    return tuple(tensor.shape), tensor.dtype, tensor.stride()


def test_values_on_the_host_give_a_result_without_data() -> None:
    """A batch norm without data reads a grid that is known, and not contiguous."""
    grid = torch.arange(24.0).reshape(2, 3, 4).transpose(1, 2)
    weights = [_meta(4)] * 4
    (result, *_) = _results(KNOWN["native_batch_norm"]((grid, *weights, False, 0.1, 1e-5)))
    assert result.is_meta
    assert result.stride() == grid.stride()
