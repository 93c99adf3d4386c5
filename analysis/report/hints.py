"""The short texts at the end of a line and above a class. Plain text, shared by every editor and report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..estimate import Evaluation, SubgraphEstimate
from ..graph import Graph
from . import units
from .lines import LineSummary
from .shares import Quantity, line_share

_LEAST_SHARE = 0.01
_POOR_FILL = 0.5
_MOST_NAMES = 2


@dataclass(frozen=True, slots=True)
class LineHint:
    """A text for the end of a line (counted from 1)."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class HintStyle:
    """What the ends of lines show: shapes, shares (with bottleneck and fill) of which quantity, lines below `forward`.

    Lines with less than `least_share` of the model (0 to 1) have no hint; longer ones end after `most_characters`, if not 0.
    """

    shapes: bool = True
    shares: bool = True
    forward_lines: bool = True
    least_share: float = 0.0
    most_characters: int = 0
    quantity: Quantity = "edp"

    def shortened(self, text: str) -> str:
        """The text, or its beginning."""
        most = self.most_characters
        return text if not most or len(text) <= most else f"{text[: most - 1].rstrip(' ·')}…"


_USUAL = HintStyle()


def styled_hint(evaluation: Evaluation, summary: LineSummary, style: HintStyle) -> LineHint | None:
    """The hint of a line, unless the style leaves it out."""
    if summary.kind == "forward" and not style.forward_lines:
        return None
    if line_share(evaluation, summary, style.quantity) < style.least_share:
        return None
    text = style.shortened(line_hint(evaluation, summary, style).text)
    return LineHint(summary.line, text) if text else None


def line_hint(evaluation: Evaluation, summary: LineSummary, style: HintStyle = _USUAL) -> LineHint:
    """`64×112×112 · 6.1 % · memory`; the shape alone below one percent; where it was fused to, if it was."""
    graph = evaluation.graph
    times = [f"×{summary.count}"] if summary.count > 1 else []
    absorbed = absorbed_by(evaluation, summary)
    if absorbed is not None:
        return LineHint(summary.line, " · ".join([*times, f"fused into {absorbed}"]))
    parts = [units.shape(without_batch(graph, summary.output_shape))] if style.shapes else []
    share = line_share(evaluation, summary, style.quantity)
    if style.shares and share >= _LEAST_SHARE:
        poor = _poor_fill(evaluation, summary)
        parts += filter(None, [units.percent(share), summary.bottleneck, poor])
    return LineHint(summary.line, " · ".join([*times, *parts]) if parts else "")


def input_hint(graph: Graph, forward_line: int) -> LineHint:
    """`x: 1×3×224×224 (assumed from conv1)`."""
    texts = [f"{spec.name or 'input'}: {units.shape(spec.shape)} ({spec.origin})" for spec in graph.inputs]
    return LineHint(forward_line, ", ".join(texts))


def device_title(evaluation: Evaluation) -> str:
    """`NVIDIA H100 SXM5 80GB · fp16 · batch 1 · compiled`."""
    question = evaluation.question
    return f"{question.device.name} · {question.precision.value} · batch {evaluation.graph.batch} · {question.mode}"


def totals_text(evaluation: Evaluation, before: Evaluation | None = None) -> str:
    """`0.41 ms · 61 mJ · EDP 25 µJ·s · memory-bound 58 % of the time`; against `before` `0.41 ms (−12 %) · ...`, and to be
    no longer, without the bottleneck where something changed."""
    bottleneck, share = main_bottleneck(evaluation)
    old = before or evaluation
    changes = (
        _change(old.latency.value, evaluation.latency.value),
        _change(old.energy.value, evaluation.energy.value),
        _change(old.edp, evaluation.edp),
    )
    figures = (
        units.seconds(evaluation.latency.value),
        units.joules(evaluation.energy.value),
        f"EDP {units.edp(evaluation.edp)}",
    )
    parts = [figure + change for figure, change in zip(figures, changes, strict=True)]
    return " · ".join(parts if any(changes) else [*parts, f"{bottleneck}-bound {units.percent(share)} of the time"])


def _change(old: float, new: float) -> str:
    difference = units.difference(old, new)
    return "" if difference == units.difference(1.0, 1.0) else f" ({difference})"


def main_bottleneck(evaluation: Evaluation) -> tuple[str, float]:
    """What bounds most of the time, and for which share of it."""
    held: dict[str, float] = {}
    for estimate in evaluation.subgraphs:
        held[estimate.bottleneck] = held.get(estimate.bottleneck, 0.0) + estimate.latency_s
    name = max(held, key=lambda key: held[key], default="compute")
    total = evaluation.latency.value
    return name, held.get(name, 0.0) / total if total else 0.0


def unit_name(evaluation: Evaluation) -> str:
    """What the device's parallel units are called."""
    return {"gpu": "SMs", "cpu": "cores", "tpu": "arrays", "kpu": "tiles"}.get(evaluation.question.device.kind, "units")


def kernels_of(evaluation: Evaluation, summary: LineSummary) -> list[SubgraphEstimate]:
    """The kernels that hold the line's working operators."""
    working = [o for o in summary.operators if evaluation.costs[o].family != "view"]
    return [evaluation.subgraphs[index] for index in dict.fromkeys(evaluation.home[o] for o in working)]


def absorbed_by(evaluation: Evaluation, summary: LineSummary) -> str | None:
    """The operator whose kernel does all of the line's work, when another line leads that kernel."""
    working = [o for o in summary.operators if evaluation.costs[o].family != "view"]
    if not working or summary.kind != "construct":
        return None
    leads: dict[str, None] = {}
    for operator in working:
        subgraph = evaluation.subgraphs[evaluation.home[operator]].subgraph
        members = [o for o in subgraph.operators if evaluation.costs[o].family != "view"]
        lead = subgraph.anchor if subgraph.anchor is not None else members[0]
        if lead in summary.operators or lead == operator:
            return None
        leads[leaf_name(evaluation.graph, lead)] = None
    return ", ".join(leads) if len(leads) <= _MOST_NAMES else f"{len(leads)} kernels"


def leaf_name(graph: Graph, operator: int) -> str:
    """The last part of the name of the operator's module, as it is written in the class that holds it."""
    name = graph.operators[operator].name
    return name.rpartition("#")[0].rpartition(".")[2] if "#" in name else name.rpartition(".")[2]


def _poor_fill(evaluation: Evaluation, summary: LineSummary) -> str | None:
    """`fills 24 of 132 SMs` when the work, weighted by time, leaves more than half of the units empty."""
    estimates = kernels_of(evaluation, summary)
    seconds = sum(e.latency_s for e in estimates)
    if not seconds:
        return None
    used = sum(e.allocation.units_used * e.latency_s for e in estimates) / seconds
    total = estimates[0].allocation.units
    return f"fills {used:.0f} of {total} {unit_name(evaluation)}" if used < _POOR_FILL * total else None


def without_batch(graph: Graph, sizes: Sequence[int]) -> Sequence[int]:
    """`64×112×112` of a sample; a vector keeps its batch, `1×10`: a number alone would not be taken for a shape."""
    return sizes[1:] if len(sizes) > 2 and sizes[0] == graph.batch else sizes
