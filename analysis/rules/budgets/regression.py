"""GP702: a model costs more than in the baseline."""

from __future__ import annotations

from collections.abc import Iterable

from ...bounds.measure import grown, measure_of, reason
from ...pipeline import Analysis
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
            more = grown(before.figures, now.figures, criteria.regression) if before is not None else []
            if before is not None and more:
                place = class_line(result, analysis)
                message = (
                    f"{result.graph.model} on {evaluation.question.device.name}: {', '.join(more)} against the baseline. "
                    f"{reason(before, now)}"
                )
                device = evaluation.question.device.id
                yield Finding(RULE.code, message, place.file, place.line, "error", result.target, device)


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
