"""GP410: a product with a weight, and then an operator of its own that adds the bias."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...graph import Graph, Operator
from ...report import units
from ...rewriting import Rewriting
from ..changes import changes
from ..finding import Finding, Rule
from ..places import label
from ..subject import Subject
from .meaning import Regions


@dataclass(frozen=True, slots=True)
class _Pair:
    product: Operator
    at: Operator
    bias: int

    @property
    def touched(self) -> tuple[int, ...]:
        """The sum: the product is the same with it."""
        return (self.at.id,)


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line, where the host issues every operator: compilers add the bias in the product or the kernel after it."""
    if subject.question.policy.dispatch != "operator":
        return

    def rewritten(found: Sequence[_Pair]) -> Graph:
        changed = Rewriting(subject.graph)
        for pair in found:
            read = dict(zip(pair.product.input_names, pair.product.inputs, strict=True))
            changed.show(pair.at.id, pair.product.outputs[0])
            changed.put(pair.product.id, pair.product.kind, {"self": pair.bias, **read}, pair.product.attributes)
        return changed.graph()

    for change in changes(subject, _pairs(subject.graph), rewritten):
        message = (
            f"{label(change.first, len(change.matches))}: adds a bias to a product in a pass of its own, "
            f"{units.seconds(change.seconds)}. F.linear adds it in the product: "
            f"{change.gain.text} for the model."
        )
        yield subject.finding(message, change.place, gain=change.gain, related=change.written)


def _pairs(graph: Graph) -> Iterator[_Pair]:
    """Products with a parameter, and what alone reads them and adds another of the length of their rows."""
    regions = Regions.of(graph)
    for product in graph.operators:
        names = set(product.input_names)
        if product.kind != "linear" or names & {"self", "bias"} == {"self", "bias"} or len(product.inputs) != 2:
            continue
        adding = regions.alone(product.outputs[0])
        if adding is None or adding.kind != "add" or adding.attribute("alpha", 1) != 1:
            continue
        if adding.site == product.site:  # PyTorch's own linear, of rows that do not lie one after another
            continue
        width = graph.tensors[product.outputs[0]].shape[-1:]
        weights = [t for t in adding.inputs if graph.tensors[t].is_weight and graph.tensors[t].shape == width]
        if len(weights) == 1 and len(adding.inputs) == 2 and graph.tensors[product.inputs[1]].is_weight:
            yield _Pair(product, adding, weights[0])


RULE = Rule(
    code="GP410",
    name="bias-added-apart",
    summary="The bias of a product is added by an operator of its own.",
    rationale=(
        "`x @ w + b` writes the product to memory and reads it again to add a vector. `F.linear` (`addmm`) adds it where the "
        "product is written: a pass over the result and a launch less."
    ),
    helps="`F.linear(x, w.T, b)`, `torch.addmm(b, x, w)` or `nn.Linear`.",
    exceptions=(
        "a bias that is added after something else, or to a product of two activations, is no such case. `torch.compile` puts "
        "the sum into the product itself, so nothing is said there."
    ),
    example="""
        import torch
        from torch import nn


        # graphperf: input=(8192, 1024)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.empty(1024, 4096))
                self.bias = nn.Parameter(torch.empty(4096))

            def forward(self, x):
                return x @ self.weight + self.bias
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(8192, 1024)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.empty(1024, 4096))
                self.bias = nn.Parameter(torch.empty(4096))

            def forward(self, x):
                return torch.addmm(self.bias, x, self.weight)
    """,
    severity="warning",
    on_device=check,
)
