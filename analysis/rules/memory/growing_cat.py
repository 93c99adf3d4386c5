"""GP107: a chain of concatenations that copies the same data again and again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...graph import Graph, bytes_of
from ...report import units
from ...rewriting import appending
from ..finding import Finding, Limits, Rule
from ..subject import Subject


def check(subject: Subject) -> Iterable[Finding]:
    """One finding, at the line of the concatenation that copies most again."""
    graph = subject.graph
    again = _copied_again(graph)
    if not subject.may_pay(again):
        return
    gain = subject.gain(graph=appending(graph, again))
    cats = [graph.operators[cat] for cat in again]
    seconds = subject.seconds_of(again)
    if not subject.worthwhile(gain, seconds):
        return
    sizes = {cat: sum(_bytes(subject, tensor) for tensor in tensors) for cat, tensors in again.items()}
    all_bytes = sum(_bytes(subject, tensor) for cat in cats for tensor in cat.inputs)
    places = {cat.id: subject.running_place(cat) for cat in cats}
    lines = {cat: (place.file, place.line) for cat, place in places.items()}
    most = max(again, key=lambda cat: sum(sizes[c] for c in again if lines[c] == lines[cat]))
    message = (
        f"{units.count(len(cats), 'concatenation')} in a chain copy {units.data(sum(sizes.values()))} again of the "
        f"{units.data(all_bytes)} that they copy, in {units.seconds(seconds)}. One buffer that each step appends its "
        f"part to: {gain.text}."
    )
    yield subject.finding(message, places[most], gain=gain, share=subject.edp_of(subject.kernels_of(again)))


def _copied_again(graph: Graph) -> Mapping[int, tuple[int, ...]]:
    """Of each concatenation the inputs that an earlier one has copied, or made, at the same place of the same dimension."""
    prefixes: dict[tuple[object, tuple[int, ...]], None] = {}
    made: set[int] = set()
    found: dict[int, tuple[int, ...]] = {}
    for operator in graph.operators:
        if operator.kind == "cat" and len(operator.inputs) > 1:
            dimension = operator.attribute("dim", 0)
            length = next(
                (n for n in range(len(operator.inputs) - 1, 1, -1) if (dimension, operator.inputs[:n]) in prefixes), 0
            )
            length = length or int(operator.inputs[0] in made)
            if length:
                found[operator.id] = operator.inputs[:length]
            prefixes[dimension, operator.inputs] = None
            made.update(operator.outputs)
    return found


def _bytes(subject: Subject, tensor: int) -> float:
    held = subject.graph.tensors[tensor]
    return held.elements * (subject.question.storage.bytes if held.dtype == "float32" else bytes_of(held.dtype))


RULE = Rule(
    code="GP107",
    name="growing-cat",
    summary="A chain of concatenations copies the same data again and again.",
    rationale=(
        "`x = torch.cat([x, new])` copies everything that `x` holds to add a little; n steps copy n²/2 parts. DenseNets do so "
        "by their definition. The graph is estimated once more with a buffer for all parts that each step only appends to."
    ),
    helps=(
        "a buffer of the final size (`torch.empty`), each step writing its slice and reading a slice of what is there; "
        "`torch.compile` moves the copy into the kernel of its reader."
    ),
    exceptions="in training, writing into a buffer that was read before needs the reads computed again in the backward pass.",
    example="""
        import torch
        from torch import nn


        # graphperf: input=(32, 64, 56, 56) hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.convs = nn.ModuleList([nn.Conv2d(64 + 16 * i, 16, 1) for i in range(12)])

            def forward(self, x):
                for conv in self.convs:
                    x = torch.cat([x, conv(x)], 1)
                return x
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(32, 64, 56, 56) hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.convs = nn.ModuleList([nn.Conv2d(64 + 16 * i, 16, 1) for i in range(12)])

            def forward(self, x):
                buffer = x.new_empty(x.shape[0], 64 + 16 * 12, *x.shape[2:])
                buffer[:, :64] = x
                for i, conv in enumerate(self.convs):
                    used = 64 + 16 * i
                    buffer[:, used : used + 16] = conv(buffer[:, :used])
                return buffer
    """,
    severity="warning",
    on_device=check,
    limits=Limits(most=1),
)
