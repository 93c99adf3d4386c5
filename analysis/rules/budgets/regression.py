"""GP702: a model costs more than in the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...bounds.measure import Measure, measure_of, reason
from ...pipeline import Analysis
from ...report import units
from ..finding import Criteria, Finding, Rule
from ..places import class_line


def check(analysis: Analysis, criteria: Criteria) -> Iterable[Finding]:
    """One finding for each model and device of which a figure has grown by more than the project allows, at its class."""
    if criteria.baseline is None:
        return
    for result in analysis.results:
        for evaluation in result.evaluations:
            now = measure_of(result.target, evaluation)
            before = criteria.baseline.before(now)
            grown = list(_grown(before, now, criteria.regression)) if before is not None else []
            if before is not None and grown:
                place = class_line(result, analysis)
                message = (
                    f"{result.graph.model} on {evaluation.question.device.name}: {', '.join(grown)} against the baseline. "
                    f"{reason(before, now)}"
                )
                device = evaluation.question.device.id
                yield Finding(RULE.code, message, place.file, place.line, "error", result.target, device)


def _grown(before: Measure, now: Measure, most: float) -> Iterator[str]:
    """The quantities that grew by more than a share, with both values."""
    old, new = before.figures, now.figures
    for name, was, is_, shown in (
        ("latency", old.latency_s, new.latency_s, units.seconds),
        ("energy", old.energy_j, new.energy_j, units.joules),
        ("EDP", old.edp, new.edp, units.edp),
        ("memory", old.memory_bytes, new.memory_bytes, units.data),
    ):
        if is_ > was * (1 + most):
            yield f"{name} {shown(was)} → {shown(is_)}, {units.difference(was, is_)}"


_MODEL = """
        from torch import nn


        # graphperf: input=(1, 4096)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4096, {})

            def forward(self, x):
                return self.fc(x)
"""
RULE = Rule(
    code="GP702",
    name="regression",
    summary="A model's latency, energy, EDP or memory has grown since the baseline was written.",
    rationale=(
        "`graphperf-lint --write-baseline FILE` keeps the figures of all models; `--baseline FILE`, or `baseline` in "
        "`[tool.graphperf.lint]`, compares with them. Growth beyond `regression` (5 %) of any figure is an error. Both sides are "
        "estimates of one engine, so a change in the model shows at once, however small against the interval."
    ),
    helps="undoing what the message names, or writing the baseline again where the growth is meant.",
    exceptions="a new version of graphperf estimates otherwise; the message then says that the work is the same.",
    example=_MODEL.format(16384),
    better=_MODEL.format(1024),
    settings="""
        [tool.graphperf.lint]
        baseline = "baseline.json"
    """,
    severity="error",
    on_analysis=check,
)
