"""GP501: few layers hold most of a model's energy-delay product."""

from __future__ import annotations

from collections.abc import Iterable

from ...report import units
from ..finding import Finding, Related, Rule
from ..places import label
from ..subject import Subject

_MOST_OF_IT = 0.5
# In a model of fewer layers, or with more hot ones, nothing stands out.
_LEAST_LAYERS = 20
_FEW = 0.1
# How much is selected and copied often depends on data, of which a capture assumes the most.
_BY_DATA = ("movement", "library", "unknown")


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a model, at its hottest layer."""
    layers: dict[str, list[int]] = {}
    for index, estimate in enumerate(subject.evaluation.subgraphs):
        if estimate.edp_share > 0:
            layers.setdefault(subject.evaluation.leading_operator(index).name, []).append(index)
    shares = {name: sum(map(subject.edp, kernels)) for name, kernels in layers.items()}
    hottest: list[str] = []
    held = 0.0
    for name in sorted(shares, key=lambda name: -shares[name]):
        if held < _MOST_OF_IT:
            hottest.append(name)
            held += shares[name]
    if len(layers) < _LEAST_LAYERS or len(hottest) > min(subject.limits.most, _FEW * len(layers)):
        return
    if any(subject.evaluation.subgraphs[layers[name][0]].kernel.family in _BY_DATA for name in hottest):
        return
    operators = [subject.evaluation.leading_operator(layers[name][0]) for name in hottest]
    message = (
        f"{len(hottest)} of {len(layers)} layers {'holds' if len(hottest) == 1 else 'hold'} {units.percent(held)} of the EDP on "
        f"{subject.question.device.name}: {', '.join(map(label, operators))}. What is done elsewhere changes little."
    )
    places = [subject.place(operator) for operator in operators]
    related = [
        Related(f"{label(operator)}: {units.percent(shares[operator.name])} of the EDP", place.file, place.line)
        for operator, place in zip(operators, places, strict=True)
    ]
    yield subject.finding(message, places[0], share=held, related=related[1:])


RULE = Rule(
    code="GP501",
    name="edp-hot-spots",
    summary="Few of many layers hold most of the model's energy-delay product.",
    rationale=(
        "Where cost is concentrated, a change elsewhere changes little. Reported when at most three layers, and at most a tenth "
        "of at least twenty, hold half of the EDP."
    ),
    helps=(
        "beginning with the layers that are named: their width, resolution, precision or kind. Other findings at their lines "
        "say more."
    ),
    exceptions="a model that is meant to spend its time in one layer, such as an embedding with a large head.",
    example="""
        from torch import nn


        # graphperf: input=(16, 64, 224, 224)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.stem = nn.Conv2d(64, 256, 7, padding=3)
                self.pool = nn.AdaptiveAvgPool2d(7)
                self.layers = nn.Sequential(*[nn.Conv2d(256, 256, 3, padding=1) for _ in range(20)])

            def forward(self, x):
                return self.layers(self.pool(self.stem(x)))
    """,
    better="""
        from torch import nn


        # graphperf: input=(16, 64, 28, 28)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.stem = nn.Conv2d(64, 256, 3, padding=1)
                self.layers = nn.Sequential(*[nn.Conv2d(256, 256, 3, padding=1) for _ in range(20)])

            def forward(self, x):
                return self.layers(self.stem(x))
    """,
    severity="information",
    on_device=check,
)
