"""The lines of a hover on a layer: short, exact, plain text. Some editors show tables raw, so there are none."""

from __future__ import annotations

from collections.abc import Sequence

from ...hardware_profiles import Precision
from ..estimate import Evaluation, SubgraphEstimate
from ..graph import Graph
from . import units
from .hints import kernels_of, unit_name
from .lines import LineSummary
from .shares import NAMES, Quantity, line_share

_FULL = 0.995  # what rounds to 100 %


def hover_lines(
    evaluation: Evaluation, summary: LineSummary, others: Sequence[Evaluation] = (), quantity: Quantity = "edp"
) -> list[str]:
    """What a hover says about a line: a title, then short lines. `others`: the same graph on further devices; `quantity`:
    whose share is said."""
    graph, costs = evaluation.graph, evaluation.costs
    macs = sum(costs[o].macs for o in summary.operators)
    flops = sum(costs[o].flops for o in summary.operators)
    estimates = kernels_of(evaluation, summary)
    moved = sum(e.subgraph.bytes for e in estimates)
    lines = [_title(evaluation, summary, quantity), _shapes(graph, summary, _precision(evaluation, estimates))]
    if not estimates:
        return [*lines, "views only: no data moves, nothing is computed"]
    arithmetic = f"{units.large(macs, 'MAC')}" if macs else f"{units.large(flops, 'FLOP')}"
    lines.append(f"{arithmetic} · {units.data(moved)} moved{_intensity(evaluation, estimates)}")
    lines.append(_cost_line(evaluation, summary, estimates))
    lines += _kernel_lines(evaluation, summary, estimates)
    if others:
        lines.append(" · ".join(_elsewhere(other, summary) for other in others))
    lines.append(provenance(evaluation))
    return lines


def provenance(evaluation: Evaluation) -> str:
    """How far the figures can be trusted, and which input they assume."""
    inputs = ", ".join(f"{units.shape(spec.shape)} {spec.origin}" for spec in evaluation.graph.inputs)
    kind = "Calibrated" if evaluation.totals.calibrated else "Uncalibrated"
    return f"{kind} estimate from {evaluation.question.device.provenance}; input {inputs}"


def _title(evaluation: Evaluation, summary: LineSummary, quantity: Quantity) -> str:
    graph = evaluation.graph
    share = f"{units.percent(line_share(evaluation, summary, quantity))} of {NAMES[quantity]}"
    times = f" · ×{summary.count}" if summary.count > 1 else ""
    if summary.modules:
        module = graph.module_by_path[summary.modules[0]]
        described = f" ({module.description})" if module.description else ""
        name = summary.modules[0] if len(summary.modules) == 1 else f"{len(summary.modules)} modules"
        return f"{name} · {module.class_name}{described}{times} · {share}"
    names = list(dict.fromkeys(graph.operators[o].kind for o in summary.operators if evaluation.operator_shares[o] > 0))
    shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
    return f"line {summary.line} · {shown or 'views'}{times} · {share}"


def _shapes(graph: Graph, summary: LineSummary, precision: str) -> str:
    operators = [graph.operators[o] for o in summary.operators]
    first = next((o for o in operators if not all(graph.tensors[t].is_weight for t in o.outputs)), operators[0])
    inputs = [t for t in first.inputs if not graph.tensors[t].is_weight]
    source = units.shape(graph.tensors[inputs[0]].shape) if inputs else "nothing"
    return f"{source} → {units.shape(summary.output_shape)}, {precision}"


def _precision(evaluation: Evaluation, estimates: Sequence[SubgraphEstimate]) -> str:
    """`fp16`; under autocast the formats of the line's kernels: `amp: fp16, fp32`."""
    chosen = evaluation.question.precision
    if isinstance(chosen, Precision):
        return chosen.value
    found = ", ".join(dict.fromkeys(e.precision.value for e in estimates))
    return f"{chosen.value}: {found}" if found else chosen.value


def _intensity(evaluation: Evaluation, estimates: Sequence[SubgraphEstimate]) -> str:
    """` · 124 FLOP/byte, ridge 295`: of the kernels the line runs in."""
    moved = sum(e.subgraph.bytes for e in estimates)
    if not moved:
        return ""
    question = evaluation.question
    matrix = any(e.kernel.macs for e in estimates)
    precision = max(estimates, key=lambda e: e.kernel.flops).precision
    peak = question.device.peak_flops(precision, matrix) or question.device.peak_flops(precision, True)
    text = f" · {units.three_digits(sum(e.kernel.flops for e in estimates) / moved)} FLOP/byte"
    return f"{text}, ridge {units.three_digits(peak / question.device.memory.dram_bandwidth.si)}" if peak else text


def _cost_line(evaluation: Evaluation, summary: LineSummary, estimates: Sequence[SubgraphEstimate]) -> str:
    latency, energy = evaluation.latency, evaluation.energy
    time_low, time_high = latency.low / latency.value, latency.high / latency.value
    energy_low, energy_high = energy.low / energy.value, energy.high / energy.value
    total = sum(e.energy.total for e in estimates) or 1.0
    parts = ", ".join(
        f"{100 * sum(getattr(e.energy, part) for e in estimates) / total:.0f} % {part}"
        for part in ("compute", "memory", "static")
    )
    s, j = summary.latency_s, summary.energy_j
    return (
        f"latency {units.seconds(s)} ({units.seconds(s * time_low)} to {units.seconds(s * time_high)}) · "
        f"energy {units.joules(j)} ({units.joules(j * energy_low)} to {units.joules(j * energy_high)}): {parts}"
    )


def _kernel_lines(evaluation: Evaluation, summary: LineSummary, estimates: Sequence[SubgraphEstimate]) -> list[str]:
    """Allocation and fusion of the one kernel that a line is, or the number of kernels."""
    if len(estimates) != 1:
        return [f"{len(estimates)} kernels, mostly {summary.bottleneck}-bound"]
    estimate = estimates[0]
    allocation = estimate.allocation
    pieces = f"{units.count(allocation.tiles, 'piece')} of work on {allocation.units} {unit_name(evaluation)}"
    waves = "one wave" if allocation.waves == 1 else f"{allocation.waves} waves"
    padding = f", {units.percent(1 - allocation.alignment)} of that padding" if allocation.alignment < _FULL else ""
    lines = [f"{estimate.bottleneck}-bound · {pieces}: {waves}, {units.percent(allocation.fill)} filled{padding}"]
    graph = evaluation.graph
    others = [graph.operators[o].name for o in estimate.subgraph.operators if o not in summary.operators]
    working = [o for o in estimate.subgraph.operators if evaluation.costs[o].family != "view"]
    if len(working) > 1:
        saved = _saved(evaluation, estimate)
        company = f" with {', '.join(others[:3])}" if others else ""
        why = " and ".join(estimate.subgraph.ends[:2])
        lines.append(f"one kernel{company}: saves {saved} against separate kernels; ends because {why}")
    return lines


def _saved(evaluation: Evaluation, estimate: SubgraphEstimate) -> str:
    """What the fusion of a kernel saves: bytes, and seconds and joules unless launches weigh more on it than before."""
    row = estimate.subgraph.id
    seconds, joules = (float(column[row]) for column in (evaluation.savings.seconds, evaluation.savings.joules))
    parts = [units.data(estimate.subgraph.bytes_saved)]
    parts += [units.seconds(seconds)] if seconds > 0 else []
    parts += [units.joules(joules)] if joules > 0 else []
    return ", ".join(parts)


def _elsewhere(other: Evaluation, summary: LineSummary) -> str:
    return f"{other.question.device.name} {units.seconds(sum(other.operator_seconds[o] for o in summary.operators))}"
