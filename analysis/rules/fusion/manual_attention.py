"""GP402: attention written out as two products around a softmax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...fusion import policy_for, with_fused_attention, written_attention
from ...graph import Graph, Operator
from ...report import units
from ..changes import changes
from ..finding import Finding, Rule
from ..places import label
from ..subject import Subject

# Whatever a call of scaled_dot_product_attention can say.
_FORMS = policy_for("ideal").attention
_RANKS = (3, 4)


@dataclass(frozen=True, slots=True)
class _Attention:
    """Written-out attention: its softmax, and the operators from the first product to the second."""

    at: Operator
    touched: tuple[int, ...]


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line, on devices for which PyTorch has an attention kernel. What the compiler replaces gains nothing."""
    if subject.question.device.kind not in ("gpu", "cpu"):
        return

    def rewritten(found: Sequence[_Attention]) -> Graph:
        return with_fused_attention(subject.graph, _FORMS, {attention.touched[-1] for attention in found}, _RANKS)

    for change in changes(subject, _written_out(subject.graph), rewritten):
        scores = subject.graph.tensors[change.first.outputs[0]]
        message = (
            f"{label(change.first, len(change.matches))}: attention written out, with scores of {units.shape(scores.shape)} in "
            f"memory, {units.seconds(change.seconds)} in all. F.scaled_dot_product_attention keeps them on the chip: "
            f"{change.gain.text} for the model."
        )
        yield subject.finding(message, change.place, gain=change.gain, related=change.written)


def _written_out(graph: Graph) -> Iterator[_Attention]:
    for operators in written_attention(graph, _FORMS, _RANKS):
        softmax = next(graph.operators[o] for o in operators if graph.operators[o].kind == "softmax")
        yield _Attention(softmax, operators)


RULE = Rule(
    code="GP402",
    name="manual-attention",
    summary="Attention is written out as two products around a softmax, and its scores go through memory.",
    rationale=(
        "The scores of attention have queries × keys elements a head. Written out, they are written by the first product, read "
        "and written by scaling, mask and softmax, and read by the second product; "
        "`F.scaled_dot_product_attention` works on blocks of them that never leave the chip."
    ),
    helps=(
        "`F.scaled_dot_product_attention(q, k, v, attn_mask=...)`, with `scale=` where it is not 1/√d, and `is_causal=True` in "
        "place of a causal mask."
    ),
    exceptions=(
        "which kernel PyTorch takes depends on types, shapes and mask; the prediction follows its rules. `torch.compile` and "
        "TensorRT replace some spellings themselves; where they do, nothing is said. Code that returns the scores needs them."
    ),
    example="""
        import math

        from torch import nn


        # graphperf: input=(8, 1024, 512) precision=fp16
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.qkv = nn.Linear(512, 1536)
                self.out = nn.Linear(512, 512)

            def forward(self, x):
                b, n, c = x.shape
                q, k, v = self.qkv(x).reshape(b, n, 3, 8, 64).permute(2, 0, 3, 1, 4)
                scores = q @ k.transpose(-2, -1) / math.sqrt(64)
                weights = scores.softmax(dim=-1)
                return self.out((weights @ v).transpose(1, 2).reshape(b, n, c))
    """,
    better="""
        from torch import nn
        from torch.nn import functional as F


        # graphperf: input=(8, 1024, 512) precision=fp16
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.qkv = nn.Linear(512, 1536)
                self.out = nn.Linear(512, 512)

            def forward(self, x):
                b, n, c = x.shape
                q, k, v = self.qkv(x).reshape(b, n, 3, 8, 64).permute(2, 0, 3, 1, 4)
                x = F.scaled_dot_product_attention(q, k, v)
                return self.out(x.transpose(1, 2).reshape(b, n, c))
    """,
    severity="warning",
    on_device=check,
)
