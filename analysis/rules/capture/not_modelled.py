"""GP905: operators that have no cost function, so that they count nothing."""

from __future__ import annotations

from collections.abc import Iterable

from ...report import units
from ..finding import Finding, Limits, Rule
from ..subject import Subject


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a kind of operator and model, where it first runs."""
    evaluation = subject.evaluation
    unknown: dict[str, list[int]] = {}
    for operator, cost in zip(evaluation.graph.operators, evaluation.costs, strict=True):
        if not cost.modelled:
            unknown.setdefault(operator.kind, []).append(operator.id)
    for kind, held in list(unknown.items())[: subject.limits.most]:
        place = subject.running_place(evaluation.graph.operators[held[0]])
        message = (
            f"{kind} has no cost function: {units.count(len(held), 'operator')} of {len(evaluation.graph.operators)} count as "
            "a copy of what they read and write. Report it, or see CONTRIBUTING.md for adding one."
        )
        yield subject.finding(message, place)


RULE = Rule(
    code="GP905",
    name="not-modelled",
    summary="An operator has no cost function, so the figures leave its arithmetic out.",
    rationale=(
        "Costs come from a registry of operators. What is not in it is counted by the bytes that it reads and writes; the "
        "report's coverage says how many operators that are."
    ),
    helps="a cost function for the operator, which is a few lines; or an operator that PyTorch has already.",
    exceptions="an operator that only moves data is counted rightly this way.",
    example="""
        import torch
        from torch import nn


        # graphperf: input=(4, 3, 3)
        class Net(nn.Module):
            def forward(self, x):
                return torch.special.bessel_j1(x)
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(4, 3, 3)
        class Net(nn.Module):
            def forward(self, x):
                return torch.matmul(x, x)
    """,
    severity="information",
    on_device=check,
    limits=Limits(most=5),
)
