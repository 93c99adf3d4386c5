"""GP903: figures rest on an input, or on arguments, that nobody gave."""

from __future__ import annotations

from collections.abc import Iterable

from ...pipeline import Analysis
from ...report import units
from ...report.pin import pin_of
from ..finding import Criteria, Finding, Rule
from ..places import class_line


def check(analysis: Analysis, criteria: Criteria) -> Iterable[Finding]:
    """One finding for each model whose directive could be written for it, at its class."""
    classes = {model.name: model for model in analysis.discovery.classes}
    for result in analysis.results:
        model, place = classes.get(result.target.rpartition("::")[2]), class_line(result, analysis)
        pin = pin_of(result, model, place.line) if model is not None else None
        if pin is not None:
            inputs = ", ".join(f"{units.shape(spec.shape)} ({spec.origin})" for spec in result.graph.inputs)
            made = f", constructed as {result.expression}" if "init=" in pin.text else ""
            text = pin.text.removeprefix("# graphperf: ").strip()
            message = f"The figures of {result.graph.model} are for the input {inputs}{made}. To state it: # graphperf: {text}."
            yield Finding(RULE.code, message, place.file, place.line, RULE.severity, result.target)


RULE = Rule(
    code="GP903",
    name="assumed-input",
    summary="The figures rest on an input shape or on constructor arguments that graphperf assumed.",
    rationale=(
        "Without a directive, a setting or a call in the file, shapes come from the layers that read them and arguments from "
        "their names and defaults. Latency and memory grow with the assumed size, so figures of two models compare only when "
        "both sizes are meant."
    ),
    helps="stating the input above the class; the fix writes what was assumed, to be corrected.",
    exceptions="the assumption can be exactly what you would have written.",
    example="""
        from torch import nn


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
    severity="hint",
    on_analysis=check,
)
