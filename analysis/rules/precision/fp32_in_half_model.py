"""GP301: operators on FP32 inside of a model that autocast runs in half precision."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from ...autocast.policy import policy_of
from ...costs import cost_of
from ...graph import Graph, Operator, SourceLine, bytes_of
from ...numerics import Autocast
from ...report import units
from ..finding import Finding, Limits, Related, Rule
from ..places import label
from ..subject import Subject

_FULL = "float32"
_MOST_RELATED = 5


def check(subject: Subject) -> Iterable[Finding]:
    """At most one finding, at the line that makes most FP32 of half precision; the others are related to it."""
    precision = subject.question.precision
    if not isinstance(precision, Autocast):
        return
    found = _promoting(subject.evaluation.graph, precision.dtype)
    conversions = [operator for operator in subject.graph.operators if operator.kind == "to"]
    if not found and not conversions:
        return
    weights = {tensor for operator in found for tensor in _wide_weights(operator, subject.evaluation.graph)}
    gain = subject.gain(graph=_kept_in_half(subject.graph, conversions, weights, precision.dtype))
    kernels = enumerate(subject.evaluation.subgraphs)
    wide = [kernel for kernel, held in kernels if _works_on_full(subject, held.subgraph.operators)]
    seconds = sum(map(subject.seconds, wide))
    if not subject.worthwhile(gain, seconds):
        return
    makers = sorted((*found, *conversions), key=lambda operator: -_written(operator, subject.evaluation.graph))
    lines: dict[tuple[str, int], SourceLine] = {}
    for place in map(subject.running_place, makers):
        lines.setdefault((place.file, place.line), place)
    places = list(lines.values())
    message = (
        f"{label(makers[0])}{f' and {len(makers) - 1} more' if len(makers) > 1 else ''}: FP32 inside of a model in "
        f"{precision.low.value.upper()}, by {_reasons(found, conversions)}. What works on FP32 takes "
        f"{units.seconds(seconds)}, {units.percent(seconds / subject.figures.latency_s)} of the latency. With these in half "
        f"precision: {gain.text}."
    )
    related = [Related("makes FP32 too", place.file, place.line) for place in places[1 : 1 + _MOST_RELATED]]
    yield subject.finding(
        message, places[0], severity="information", gain=gain, share=subject.edp_of(wide), related=related,
        calls=subject.calls(makers[0], "makes FP32 of half precision"),
    )  # fmt: skip


def _promoting(graph: Graph, lower: str) -> list[Operator]:
    """Elementwise operators without a rule of autocast that make FP32 of an activation in half precision, as they also read
    an FP32 weight."""
    return [
        operator
        for operator in graph.operators
        if _wide_weights(operator, graph)
        and not operator.view
        and operator.kind != "cast"
        and any(graph.tensors[t].dtype == lower and not graph.tensors[t].is_weight for t in operator.inputs)
        and policy_of(operator) == "none"
        and cost_of(operator, graph).family == "pointwise"
        and graph.tensors[operator.outputs[0]].dtype == _FULL
    ]


def _wide_weights(operator: Operator, graph: Graph) -> list[int]:
    """The FP32 parameters, buffers and constants that it reads, but for single numbers, which promote nothing."""
    read = (graph.tensors[tensor] for tensor in operator.inputs)
    return [t.id for t in read if t.dtype == _FULL and t.shape and (t.is_weight or t.role == "constant")]


def _kept_in_half(graph: Graph, conversions: Sequence[Operator], weights: Collection[int], lower: str) -> Graph:
    """The captured graph without the conversions, and with these weights in half precision."""
    left_out = {operator.id for operator in conversions}
    storages = {graph.tensors[tensor].storage for tensor in weights if tensor < len(graph.tensors)}
    operators = tuple(replace(o, kind="alias") if o.id in left_out else o for o in graph.operators)
    tensors = tuple(replace(t, dtype=lower) if t.storage in storages else t for t in graph.tensors)
    ratio = bytes_of(_FULL) // bytes_of(lower)
    sizes = {storage: size // ratio if storage in storages else size for storage, size in graph.storage_bytes.items()}
    return replace(graph, operators=operators, tensors=tensors, storage_bytes=sizes)


def _works_on_full(subject: Subject, operators: Iterable[int]) -> bool:
    """Whether a kernel reads or writes FP32 activations."""
    graph = subject.evaluation.graph
    tensors = (graph.tensors[t] for o in operators for t in (*graph.operators[o].inputs, *graph.operators[o].outputs))
    return any(tensor.dtype == _FULL and not tensor.is_weight for tensor in tensors)


def _written(operator: Operator, graph: Graph) -> int:
    return graph.elements[operator.outputs[0]] if operator.outputs else 0


def _reasons(promoting: Sequence[Operator], conversions: Sequence[Operator]) -> str:
    reasons = ["FP32 parameters, buffers or constants that meet half precision"] if promoting else []
    return " and ".join([*reasons, *(["`.float()` or `.to(torch.float32)`"] if conversions else [])])


RULE = Rule(
    code="GP301",
    name="fp32-in-half-model",
    summary="Operators work on FP32 activations inside of a model that autocast runs in half precision.",
    rationale=(
        "Autocast casts the arguments of convolutions and products. A sum or a product of elements has no rule: where one "
        "side is an FP32 parameter or buffer, its result is FP32, and so is all that follows up to the next convolution; "
        "`.float()` does the same. The model is estimated once more with these parameters in half precision and without the "
        "conversions. Norms and softmax, which autocast runs in FP32 on purpose, are left as they are."
    ),
    helps="`.to(x.dtype)` on the parameter or the constant; no `.float()` where the range is not needed.",
    exceptions=(
        "a residual sum in FP32 may be wanted: it keeps digits that many layers would lose. Accuracy is not judged here."
    ),
    example="""
        import torch
        from torch import nn


        # graphperf: input=(32, 64, 56, 56) hardware=rtx-3090 precision=amp mode=compiled
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(64, 64, 1)
                self.scale = nn.Parameter(torch.ones(64, 1, 1))
                self.last = nn.Conv2d(64, 64, 1)

            def forward(self, x):
                x = self.conv(x) * self.scale
                return self.last(torch.nn.functional.max_pool2d(x, 3, 1, 1))
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(32, 64, 56, 56) hardware=rtx-3090 precision=amp mode=compiled
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(64, 64, 1)
                self.last = nn.Conv2d(64, 64, 1)

            def forward(self, x):
                x = self.conv(x)
                return self.last(torch.nn.functional.max_pool2d(x, 3, 1, 1))
    """,
    severity="information",
    on_device=check,
    limits=Limits(most=1),
)
