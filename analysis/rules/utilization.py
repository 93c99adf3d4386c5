"""GP203: work that fills few of the device's SMs or cores."""

from __future__ import annotations

from collections.abc import Iterable

from ..estimate import Evaluation
from ..pipeline import Analysis, ModelResult
from ..report import units
from ..report.hints import unit_name
from .finding import Finding, Rule
from .places import label, place_of

_POOR_FILL = 0.5
_LEAST_SHARE = 0.05
_MOST_FINDINGS = 3


def check(analysis: Analysis) -> Iterable[Finding]:
    """One finding a line for kernels that leave more than half of the units empty and together hold 5 % of the latency."""
    for result in analysis.results:
        for evaluation in result.evaluations:
            yield from _check(analysis, result, evaluation)


def _check(analysis: Analysis, result: ModelResult, evaluation: Evaluation) -> Iterable[Finding]:
    total = evaluation.latency.value
    by_line: dict[tuple[str, int], list[int]] = {}
    for index, estimate in enumerate(evaluation.subgraphs):
        if estimate.allocation.fill < _POOR_FILL and estimate.latency_s > 0 and estimate.kernel.macs > 0:
            place = place_of(result, analysis, evaluation.leading_operator(index))
            by_line.setdefault((place.file, place.line), []).append(index)
    shares = {key: sum(evaluation.subgraphs[i].latency_s for i in held) / total for key, held in by_line.items()}
    for key in sorted(shares, key=lambda k: -shares[k])[:_MOST_FINDINGS]:
        if shares[key] >= _LEAST_SHARE:
            edp = sum(evaluation.subgraphs[i].edp_share for i in by_line[key])
            message = _message(evaluation, by_line[key], shares[key])
            yield Finding(RULE.code, message, *key, RULE.severity, result.target, evaluation.question.device.id, edp)


def _message(evaluation: Evaluation, indices: list[int], share: float) -> str:
    worst = max(indices, key=lambda i: evaluation.subgraphs[i].latency_s)
    allocation = evaluation.subgraphs[worst].allocation
    name = label(evaluation.leading_operator(worst))
    more = f" and {len(indices) - 1} more from this line" if len(indices) > 1 else ""
    unit = unit_name(evaluation)
    filled = f"{allocation.units_used} of {allocation.units} {unit} ({units.percent(allocation.fill)} over {allocation.waves} "
    waves = "wave)" if allocation.waves == 1 else "waves)"
    return (
        f"{name}{more}: fills {filled}{waves}, {units.percent(share)} of the latency on {evaluation.question.device.name}. "
        f"{_advice(allocation.units, allocation.tiles, unit)}"
    )


def _advice(available: int, tiles: int, unit: str) -> str:
    if tiles < available:
        return f"About {-(-available // max(1, tiles))} times the batch would give every one of the {unit} work."
    return f"A slightly smaller or larger batch would fill the last wave of {unit}."


RULE = Rule(
    code="GP203",
    name="poor-utilization",
    summary="A layer's work fills less than half of the device's SMs or cores.",
    explanation=(
        "A kernel is cut into tiles, one for an SM (GPU) or a block of rows for a core (CPU). With fewer tiles than units, "
        "or with a last wave that is almost empty, the rest of the device idles. Reported for convolution- and matmul-like "
        "kernels when those of one source line hold at least 5 % of the model's latency, at most three lines a model and "
        "device.\n\n"
        "What helps: a larger batch, fewer and larger layers, or a smaller device."
    ),
    severity="information",
    check=check,
)
