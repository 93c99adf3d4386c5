"""GP105: copies that do nothing but bring a permuted tensor into the order of its dimensions, again and again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...costs import cost_of
from ...graph import Graph, Operator, Tensor
from ...report import units
from ..finding import Finding, Rule
from ..subject import Subject

_LEAST_COPIES = 2
_PRODUCTS = ("matmul", "linear")
_ANY_ORDER = ("pointwise", "reduction", "convolution", "movement")


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line that runs such copies, the most expensive first."""
    lines: dict[tuple[str, int], list[Operator]] = {}
    for copy in _copies(subject.graph):
        place = subject.running_place(copy)
        lines.setdefault((place.file, place.line), []).append(copy)
    found: list[tuple[float, Finding]] = []
    for copies in lines.values():
        ids = [copy.id for copy in copies]
        seconds = subject.seconds_of(ids)
        share = seconds / subject.figures.latency_s
        if len(copies) < _LEAST_COPIES or share < subject.limits.least_share:
            continue
        gain = subject.without(ids)
        if subject.worthwhile(gain, seconds):
            needless = all(_needless(copy, subject.graph) for copy in copies)
            message = f"{_what(subject, copies, seconds)}. {_NEEDLESS if needless else _ADVICE}: {gain.text}."
            severity = None if needless else "hint"
            place, edp = subject.running_place(copies[0]), subject.edp_of(subject.kernels_of(ids))
            found.append(
                (
                    share,
                    subject.finding(
                        message, place, severity=severity, gain=gain, share=edp, related=subject.written(copies[0])
                    ),
                )
            )
    yield from [finding for _, finding in sorted(found, key=lambda pair: -pair[0])[: subject.limits.most]]


def _copies(graph: Graph) -> Iterable[Operator]:
    """Copies of permuted tensors that a line asks for with `contiguous`, `reshape` or `flatten`; not those that a product or
    a layer of PyTorch makes for itself."""
    products = {operator.site for operator in graph.operators if operator.kind in _PRODUCTS}
    for operator in graph.operators:
        asked = bool(operator.source) and operator.source[0].direct and operator.site not in products
        if operator.kind in ("clone", "contiguous") and asked and _permuted(graph.tensors[operator.inputs[0]]):
            yield operator


def _permuted(tensor: Tensor) -> bool:
    """Whether the dimensions lie in memory in another order than they are numbered."""
    strides = [stride for stride, n in zip(tensor.strides, tensor.shape, strict=True) if n > 1]
    return 0 not in strides and strides != sorted(strides, reverse=True)


def _needless(copy: Operator, graph: Graph) -> bool:
    """Whether all that read the copy as it is walk any strides."""
    readers = [graph.operators[r] for tensor in copy.outputs for r in graph.consumers.get(tensor, ())]
    kept = all(graph.tensors[t].shape == graph.tensors[copy.inputs[0]].shape for t in copy.outputs)
    families = {cost_of(reader, graph).family for reader in readers}
    returned = any(tensor in graph.output_tensors for tensor in copy.outputs)
    return kept and bool(readers) and not returned and families <= set(_ANY_ORDER)


def _what(subject: Subject, copies: Sequence[Operator], seconds: float) -> str:
    tensors = subject.graph.tensors
    shapes = dict.fromkeys(units.shape(tensors[copy.inputs[0]].shape) for copy in copies)
    more = ", …" if len(shapes) > 1 else ""
    return (
        f"{len(copies)} copies at this line only change the order in memory ({next(iter(shapes))}{more}): "
        f"{units.seconds(seconds)}, {units.percent(seconds / subject.figures.latency_s)} of the latency"
    )


_NEEDLESS = "What reads them takes any order, so they can be left out"
_ADVICE = "Without them, if the layers around kept to one order or read the other one themselves"


RULE = Rule(
    code="GP105",
    name="repeated-layout-copies",
    summary="Copies that only change the order of dimensions in memory take a part of the time that counts.",
    rationale=(
        "`permute` and `transpose` are views; `contiguous`, `reshape` and `flatten` after them copy everything. Reported when "
        "the copies of one line, two or more, hold a twentieth of the latency. The graph is estimated once more with views "
        "in their place. Copies that a product or a layer of PyTorch makes for itself are not among them."
    ),
    helps=(
        "leaving `contiguous()` out where the readers take any order (elementwise operators, reductions, convolutions); one "
        "order for the whole block; `einsum`, which hands the order to the product."
    ),
    exceptions=(
        "a shuffle of channels or a partition into windows is such a copy by its definition: the gain is then what a kernel "
        "that reads in the other order would save, and no more than a hint."
    ),
    example="""
        import torch
        from torch import nn


        # graphperf: input=(64, 64, 56, 56) hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = nn.Parameter(torch.ones(64))
                self.convs = nn.ModuleList([nn.Conv2d(64, 64, 1) for _ in range(4)])

            def forward(self, x):
                for conv in self.convs:
                    x = conv(x).permute(0, 2, 3, 1).contiguous() * self.scale
                    x = x.permute(0, 3, 1, 2).contiguous()
                return x
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(64, 64, 56, 56) hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = nn.Parameter(torch.ones(64, 1, 1))
                self.convs = nn.ModuleList([nn.Conv2d(64, 64, 1) for _ in range(4)])

            def forward(self, x):
                for conv in self.convs:
                    x = conv(x) * self.scale
                return x
    """,
    severity="warning",
    on_device=check,
)
