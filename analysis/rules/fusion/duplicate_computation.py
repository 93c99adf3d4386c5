"""GP407: the same operator on the same tensors, run again."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...graph import Graph, Operator
from ...report import units
from ...rewriting import Rewriting
from ..changes import changes
from ..finding import Finding, Related, Rule
from ..places import label
from ..subject import Subject

_RANDOM = frozenset({
    "bernoulli", "rand", "randn", "rand_like", "randn_like", "randint", "randperm", "normal", "uniform", "dropout",
    "native_dropout", "rrelu_with_noise", "multinomial", "exponential", "feature_dropout", "empty", "empty_like",
})  # fmt: skip
# Tensors to write into: each may be wanted for itself.
_FRESH = frozenset({"zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full"})


@dataclass(frozen=True, slots=True)
class _Repeated:
    """An operator that has run before, as `first`."""

    at: Operator
    first: Operator

    @property
    def touched(self) -> tuple[int, ...]:
        """Its id."""
        return (self.at.id,)


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line, where the host issues every operator: what compilers do of this is not known of all."""
    if subject.question.policy.dispatch != "operator":
        return

    def rewritten(found: Sequence[_Repeated]) -> Graph:
        changed = Rewriting(subject.graph)
        for repeated in found:
            changed.show(repeated.at.id, repeated.first.outputs[0])
        return changed.graph()

    for change in changes(subject, _repeated(subject.graph), rewritten):
        first = change.matches[0].first
        place = subject.place(first)
        message = (
            f"{label(change.first, len(change.matches))}: {first.name} has this result already, from the same tensors; "
            f"computing it again takes {units.seconds(change.seconds)}. Keeping it: {change.gain.text} for the model."
        )
        related = [Related("computed here first", place.file, place.line)]
        yield subject.finding(message, change.place, gain=change.gain, related=[*related, *change.written])


def _repeated(graph: Graph) -> Iterator[_Repeated]:
    """Working operators that compute what an earlier one did. Equal numbers stand for equal values."""
    number: dict[int, int] = {}
    seen: dict[Hashable, Operator] = {}
    written = _written_twice(graph)
    for operator in graph.operators:
        key = _key(operator, graph, number, written)
        first = seen.setdefault(key, operator) if key is not None else operator
        for before, after in zip(first.outputs, operator.outputs, strict=False):
            if _layout(graph, before) == _layout(graph, after):
                number[after] = number.get(before, before)
        # Of parameters alone a hook (`weight_norm`) makes a weight anew before each call.
        of_data = any(graph.tensors[t].role != "parameter" for t in operator.inputs)
        if first is not operator and not operator.view and of_data:
            yield _Repeated(operator, first)


def _key(operator: Operator, graph: Graph, number: dict[int, int], written: frozenset[int]) -> Hashable | None:
    """What an operator computes; None where that is random, or its result or what it reads is overwritten."""
    storages = [graph.tensors[t].storage for t in (*operator.inputs, *operator.outputs)]
    if (
        operator.kind in _RANDOM | _FRESH
        or not operator.inputs
        or (not operator.view and written.intersection(storages))
    ):
        return None
    attributes = tuple(sorted(operator.attributes.items(), key=lambda item: item[0]))
    read = tuple(number.get(t, t) for t in operator.inputs)
    shapes = tuple(_layout(graph, t) for t in operator.outputs[:1])
    return (operator.target, operator.kind, operator.input_names, read, attributes, shapes)


def _layout(graph: Graph, tensor: int) -> Hashable:
    found = graph.tensors[tensor]
    return (found.shape, found.strides, found.dtype)


def _written_twice(graph: Graph) -> frozenset[int]:
    """Storages that an operator writes in place."""
    return frozenset(
        graph.tensors[t].storage
        for operator in graph.operators
        if not operator.view
        for t in operator.outputs
        if graph.tensors[t].storage in {graph.tensors[read].storage for read in operator.inputs}
    )


RULE = Rule(
    code="GP407",
    name="duplicate-computation",
    summary="An operator runs again on the same tensors with the same arguments.",
    rationale=(
        "Eager mode runs what is written, as often as it is written. The second run gives what the first gave and costs as "
        "much again."
    ),
    helps="keeping the first result in a variable and reading it twice.",
    exceptions=(
        "operators that draw random numbers, write in place, or work on what is written in place are left out. Keeping a "
        "result can raise the peak of memory where it is long until it is read again; the prediction includes that."
    ),
    example="""
        import torch
        from torch import nn


        # graphperf: input=(8, 64, 56, 56)
        class Gated(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(64, 64, 3, padding=1)

            def forward(self, x):
                return self.conv(x) * torch.sigmoid(self.conv(x))
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(8, 64, 56, 56)
        class Gated(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(64, 64, 3, padding=1)

            def forward(self, x):
                x = self.conv(x)
                return x * torch.sigmoid(x)
    """,
    severity="warning",
    on_device=check,
)
