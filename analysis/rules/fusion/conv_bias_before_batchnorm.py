"""GP401: a bias that the batch norm after it takes away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...fusion.folding import layer_before
from ...graph import Graph, Operator
from ...report import units
from ...rewriting import Rewriting
from ..finding import Finding, Rule
from ..places import label
from ..subject import Subject


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line: with its gain where the bias costs time, else a hint about the parameters."""
    held: dict[tuple[str, int], list[Operator]] = {}
    for layer in _layers(subject.graph):
        place = subject.place(layer)
        held.setdefault((place.file, place.line), []).append(layer)
    found = [_Biased(tuple(layers), _parameters(layers, subject.graph)) for layers in held.values()]
    for biased in sorted(found, key=lambda biased: -biased.parameters)[: subject.limits.most]:
        yield _finding(subject, biased)


@dataclass(frozen=True, slots=True)
class _Biased:
    """Layers of a line, and the parameters of their biases."""

    layers: tuple[Operator, ...]
    parameters: int


def _finding(subject: Subject, biased: _Biased) -> Finding:
    changed = Rewriting(subject.graph)
    for layer in biased.layers:
        given = {name: t for name, t in _named_inputs(layer).items() if name != _bias_name(layer)}
        changed.put(layer.id, layer.kind, given, layer.attributes)
    ids = [layer.id for layer in biased.layers]
    gain = subject.gain(graph=changed.graph()) if subject.may_pay(ids) else None
    if gain is not None and not subject.worthwhile(gain, subject.seconds_of(ids)):
        gain = None
    first = biased.layers[0]
    message = (
        f"{label(first, len(biased.layers))}: the batch norm that follows subtracts the "
        f"mean, and with it the bias. bias=False gives the same with {units.count(biased.parameters, 'parameter')} fewer"
        f"{f': {gain.text} for the model' if gain is not None else ''}."
    )
    place = subject.place(first)
    return subject.finding(message, place, gain=gain, severity="hint" if gain is None else None)


def _layers(graph: Graph) -> Iterator[Operator]:
    """Layers with a bias of their own that only batch norms read, whenever the layer runs."""
    before = (layer_before(operator, graph) for operator in graph.operators)
    followed = [layer for layer in before if layer is not None and _bias_name(layer) in layer.input_names]
    ids = {layer.id for layer in followed}
    seen: set[int] = set()
    for layer in followed:
        bias = _named_inputs(layer)[_bias_name(layer)]
        if bias not in seen and graph.tensors[bias].role == "parameter" and set(graph.consumers[bias]) <= ids:
            seen.add(bias)
            yield layer


def _parameters(layers: Sequence[Operator], graph: Graph) -> int:
    return sum(graph.elements[_named_inputs(layer)[_bias_name(layer)]] for layer in layers)


def _bias_name(layer: Operator) -> str:
    """What the argument is called: `addmm` calls it `self`."""
    return "self" if layer.kind == "linear" and "mat1" in layer.input_names else "bias"


def _named_inputs(layer: Operator) -> dict[str, int]:
    return dict(zip(layer.input_names, layer.inputs, strict=True))


RULE = Rule(
    code="GP401",
    name="conv-bias-before-batchnorm",
    summary="A convolution or linear layer has a bias that the batch norm after it takes away.",
    rationale=(
        "A batch norm subtracts the mean of each channel, and a constant that was added to the channel with it: the layer "
        "computes the same without. The bias takes memory, gradients and optimizer states, and in some modes time."
    ),
    helps="`bias=False` in the layer; the batch norm has a bias of its own.",
    exceptions=(
        "weights that were trained with the bias need its value folded into the norm's `running_mean`. A layer whose result "
        "is read by anything but the norm, in any of its calls, needs its bias, and nothing is said of it."
    ),
    example="""
        from torch import nn


        # graphperf: input=(8, 3, 224, 224)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(3, 64, 3, padding=1)
                self.norm = nn.BatchNorm2d(64)

            def forward(self, x):
                return self.norm(self.conv(x)).relu()
    """,
    better="""
        from torch import nn


        # graphperf: input=(8, 3, 224, 224)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(3, 64, 3, padding=1, bias=False)
                self.norm = nn.BatchNorm2d(64)

            def forward(self, x):
                return self.norm(self.conv(x)).relu()
    """,
    severity="hint",
    on_device=check,
)
