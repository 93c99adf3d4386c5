"""GP601: operators that the device cannot run, and where they run instead."""

from __future__ import annotations

from collections.abc import Iterable

from ..estimate import Evaluation
from ..pipeline import Analysis, ModelResult
from ..report import units
from .finding import Finding, Rule
from .places import label, place_of


def check(analysis: Analysis) -> Iterable[Finding]:
    """One finding a line and device."""
    for result in analysis.results:
        for evaluation in result.evaluations:
            yield from _check(analysis, result, evaluation)


def _check(analysis: Analysis, result: ModelResult, evaluation: Evaluation) -> Iterable[Finding]:
    npu = evaluation.question.device.npu
    by_line: dict[tuple[str, int], list[int]] = {}
    for index, estimate in enumerate(evaluation.subgraphs):
        if estimate.allocation.fallback and npu is not None:
            place = place_of(result, analysis, evaluation.leading_operator(index))
            by_line.setdefault((place.file, place.line), []).append(index)
    for place, indices in by_line.items():
        edp = sum(evaluation.subgraphs[i].edp_share for i in indices)
        device = evaluation.question.device.id
        yield Finding(RULE.code, _message(evaluation, indices), *place, RULE.severity, result.target, device, edp)


def _message(evaluation: Evaluation, indices: list[int]) -> str:
    device = evaluation.question.device
    assert device.npu is not None
    first = evaluation.subgraphs[indices[0]]
    missing = dict.fromkeys(kind for kind, _ in first.kernel.operators)
    share = sum(evaluation.subgraphs[i].latency_s for i in indices) / evaluation.latency.value
    more = f" and {len(indices) - 1} more from this line" if len(indices) > 1 else ""
    return (
        f"{label(evaluation.leading_operator(indices[0]))}{more}: {device.name} does not run {', '.join(missing)}; it falls "
        f"back to the {device.npu.fallback.device}, {units.percent(share)} of the latency."
    )


RULE = Rule(
    code="GP601",
    name="unsupported-operator",
    summary="The device does not run an operator; it falls back to another processor.",
    explanation=(
        "Accelerators for inference run a list of operators; a compiler moves the others to the processor beside it, and "
        "their operands cross the link between the two. The profile of the device has the list with its source, and says "
        "what the fallback is (`graphperf hardware ID`).\n\n"
        "What helps: an operator from the list (ReLU for GELU), or a device that runs it."
    ),
    severity="warning",
    check=check,
)
