"""GP703: a budget for a model that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ...bounds.measure import named
from ...pipeline import Analysis
from ..finding import Criteria, Finding, Rule
from ..places import analyzed_file


def check(analysis: Analysis, criteria: Criteria) -> Iterable[Finding]:
    """One finding for each budget of the file that none of its classes has."""
    file = analyzed_file(analysis)
    if not file or analysis.discovery.problem is not None:
        return
    classes = [model.name for model in analysis.discovery.classes]
    for target in criteria.budgets:
        path, _, name = target.partition("::")
        if path == named(file, criteria.root) and name not in classes:
            close = difflib.get_close_matches(name, classes, 1)
            hint = f" Did you mean {close[0]}?" if close else ""
            message = f"[tool.graphperf.budgets] has a budget for {name}, which this file does not define.{hint}"
            yield Finding(RULE.code, message, file, 1, "warning", file)


RULE = Rule(
    code="GP703",
    name="unknown-budget",
    summary="A budget is for a class that its file does not define.",
    rationale="A class that was renamed or moved takes its budget along only when somebody does: until then nothing is checked.",
    helps="the class's new name in `[tool.graphperf.budgets]`.",
    exceptions="a class that is made while the program runs is not found in the text.",
    example="""
        from torch import nn


        # graphperf: input=(1, 32)
        class Network(nn.Module):
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
    settings="""
        [tool.graphperf.budgets]
        "model.py::Net" = {latency = "1 ms@h100-sxm5-80gb"}
    """,
    severity="warning",
    on_analysis=check,
)
