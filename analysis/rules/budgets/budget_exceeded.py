"""GP701: a model costs more than the project allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...bounds.budgets import Bound
from ...bounds.measure import named
from ...estimate import Interval, Question, estimate
from ...pipeline import Analysis, ModelResult
from ...report import units
from ...settings import device_named
from ..finding import Criteria, Finding, Rule
from ..gain import figures
from ..places import class_line

_SHOWN = {"latency": units.seconds, "energy": units.joules, "edp": units.edp, "peak-memory": units.data}


def check(analysis: Analysis, criteria: Criteria) -> Iterable[Finding]:
    """One finding for each bound of a model that its estimate exceeds, at its class."""
    for result in analysis.results:
        for bound in criteria.budgets.get(named(result.target, criteria.root), ()):
            for question in _questions(result, bound):
                yield from _exceeded(analysis, result, bound, question)


def _questions(result: ModelResult, bound: Bound) -> list[Question]:
    """The chosen devices, or the one that the bound is for, asked the same."""
    asked = [evaluation.question for evaluation in result.evaluations]
    if bound.hardware is None:
        return asked
    return [replace(asked[0], device=device_named(bound.hardware, result.options.hardware_paths))]


def _exceeded(analysis: Analysis, result: ModelResult, bound: Bound, question: Question) -> Iterable[Finding]:
    found = figures(result.graph, question)
    value = {
        "latency": found.latency_s, "energy": found.energy_j, "edp": found.edp, "peak-memory": found.memory_bytes,
    }[bound.quantity]  # fmt: skip
    if value <= bound.most:
        return
    shown, place = _SHOWN[bound.quantity], class_line(result, analysis)
    between = _interval(result, bound, question)
    doubt = "" if between is None else f" (between {shown(between.low)} and {shown(between.high)})"
    sure = "" if between is None or between.low > bound.most else " The budget lies within that interval."
    message = (
        f"{result.graph.model}: {bound.quantity} {shown(value)}{doubt} on {question.device.name} exceeds its budget of "
        f"{shown(bound.most)} by {units.percent(value / bound.most - 1)}.{sure}"
    )
    yield Finding(RULE.code, message, place.file, place.line, "error", result.target, question.device.id)


def _interval(result: ModelResult, bound: Bound, question: Question) -> Interval | None:
    if bound.quantity not in ("latency", "energy"):
        return None
    found = estimate(result.graph, question)
    return found.latency if bound.quantity == "latency" else found.energy


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
    code="GP701",
    name="budget-exceeded",
    summary="A model's latency, energy, EDP or memory is above the budget that the project gives it.",
    rationale=(
        "Budgets stand in `[tool.graphperf.budgets]` of `pyproject.toml`, by file and class. A figure is for the devices that "
        "are asked about, or for the one behind its `@`; precision, mode and batch are those of the question."
    ),
    helps="what the other rules say of the model, another device, or a larger budget.",
    exceptions="the estimate has an interval, and the message says when the budget lies in it: then only a measurement decides.",
    example=_MODEL.format(65536),
    better=_MODEL.format(1024),
    settings="""
        [tool.graphperf.budgets]
        "model.py::Net" = {latency = "100 µs@h100-sxm5-80gb", peak-memory = "1.2 GB"}
    """,
    severity="error",
    on_analysis=check,
)
