"""GP901: a model could not be captured, with the reason and the line."""

from __future__ import annotations

from collections.abc import Iterable

from ...pipeline import Analysis
from ..finding import Criteria, Finding, Rule


def check(analysis: Analysis, criteria: Criteria) -> Iterable[Finding]:
    """One finding for each model without a graph; the JSON report lists the parts too."""
    for problem in (p for p in analysis.problems if not p.part):
        file = problem.file or problem.target.partition("::")[0]
        severity = "information" if problem.stage == "untrusted" else RULE.severity
        yield Finding(RULE.code, problem.message, file, problem.line or 1, severity, problem.target)


RULE = Rule(
    code="GP901",
    name="capture-failed",
    summary="A model could not be captured, so there are no figures for it.",
    rationale=(
        "graphperf constructs the model and runs `forward` on tensors without data. The message says which step failed and the "
        "finding stands at the line that raised."
    ),
    helps=(
        "give the input and the constructor arguments above the class, as "
        "`# graphperf: input=(1, 3, 224, 224) init=(num_classes=10)`, or choose an interpreter that has the model's packages."
    ),
    exceptions="the assumed input may be what does not fit, not the model; the message names it.",
    example="""
        from torch import nn


        # graphperf: input=(1, 64)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(32, 8)

            def forward(self, x):
                return self.fc(x)
    """,
    better="""
        from torch import nn


        # graphperf: input=(1, 32)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(32, 8)

            def forward(self, x):
                return self.fc(x)
    """,
    severity="warning",
    on_analysis=check,
)
