"""Models that call xformers or flash-attn, where these are not installed."""

from collections.abc import Callable

import pytest
import torch

from graphperf.analysis.capture.agent import fused_attention as fused

NET = """
{top}

class Net(nn.Module):
    def __init__(self, dim=32, heads=4):
        super().__init__()
        self.heads, self.qkv = heads, nn.Linear(dim, 3 * dim)

    def forward(self, x):
        batch, length, _ = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.heads, -1)
        q, k, v = qkv.unbind(2)
        return {result}
"""
CALLS = {
    "a module of xformers": ("import xformers.ops", "xformers.ops.memory_efficient_attention(q, k, v, p=0.0)"),
    "a name of xformers": (
        "from xformers.ops import memory_efficient_attention, unbind",
        "memory_efficient_attention(*unbind(qkv, 2), attn_bias=None)",
    ),
    "a mask of lengths": (
        "import xformers.ops as xops",
        "xops.memory_efficient_attention(q, k, v, xops.fmha.BlockDiagonalMask.from_seqlens([length] * batch))",
    ),
    "packed": ("from flash_attn import flash_attn_qkvpacked_func", "flash_attn_qkvpacked_func(qkv, causal=True)"),
    "separate": (
        "from flash_attn.flash_attn_interface import flash_attn_func",
        "flash_attn_func(q, k, v, dropout_p=0.0, softmax_scale=0.5)",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_attention_of_another_package_is_that_of_pytorch(write: Callable, name: str) -> None:
    top, result = CALLS[name]
    graph = write(NET.format(top=top, result=result)).graph
    kinds = [operator.kind for operator in graph.operators if not operator.view]
    assert kinds == ["linear", "scaled_dot_product_attention"]
    assert graph.tensors[graph.output_tensors[0]].shape == (1, 128, 4, 8)
    assert any("scaled_dot_product_attention computes the same" in words for words in graph.assumptions)


def test_what_is_not_stood_for_is_named(write: Callable) -> None:
    (problem,) = write(NET.format(top="import xformers.ops", result="xformers.ops.rmsnorm(q)")).analysis.problems
    assert "No module named 'xformers'" in problem.message


def plain(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *, scale: float | None = None) -> torch.Tensor:
    """Batch × positions × heads × width, by the formula."""
    scores = torch.einsum("bihd,bjhd->bhij", q, k) * (scale or q.shape[-1] ** -0.5)
    return torch.einsum("bhij,bjhd->bihd", scores.softmax(-1), v)


def test_the_axes_are_those_of_the_packages() -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 5, 4, 8).unbind()
    expected = plain(q, k, v)
    torch.testing.assert_close(fused.memory_efficient_attention(q, k, v), expected)
    torch.testing.assert_close(fused.flash_attn_func(q, k, v, softmax_scale=0.3), plain(q, k, v, scale=0.3))
    torch.testing.assert_close(fused.flash_attn_qkvpacked_func(torch.stack([q, k, v], 2)), expected)
    torch.testing.assert_close(fused.flash_attn_kvpacked_func(q, torch.stack([k, v], 2)), expected)
    torch.testing.assert_close(fused.flash_attn_varlen_func(q[0], k[0], v[0], None, None, 5, 5), expected[0])
    q1, k1, v1 = (item[:, :, :1] for item in (q, k, v))
    without_heads = fused.memory_efficient_attention(q1[:, :, 0], k1[:, :, 0], v1[:, :, 0])
    torch.testing.assert_close(without_heads, plain(q1, k1, v1)[:, :, 0])
    shared = fused.flash_attn_func(q, k[:, :, :2], v[:, :, :2])
    torch.testing.assert_close(shared, plain(q, *(item[:, :, :2].repeat_interleave(2, 2) for item in (k, v))))
