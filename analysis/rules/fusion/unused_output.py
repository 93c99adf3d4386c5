"""GP406: operators whose results reach no output of the model."""

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
from .local_names import is_dropped, stores

# What the host learns of, or what changes the state of the generator of random numbers.
_EFFECTS = frozenset({
    "local_scalar_dense", "equal", "nonzero", "masked_select", "unique", "unique2", "unique_dim", "unique_consecutive",
    "assert_async", "item", "bernoulli", "rand", "randn", "rand_like", "randn_like", "randint", "randperm", "normal",
    "uniform", "is_nonzero", "allclose",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Dead:
    """Work that leads to one result which nobody reads."""

    at: Operator
    touched: tuple[int, ...]


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line: that of the last operator of each piece of work that leads nowhere. Compilers leave it out."""
    if subject.question.policy.dispatch != "operator":
        return

    def rewritten(found: Sequence[_Dead]) -> Graph:
        changed = Rewriting(subject.graph)
        for dead in found:
            for operator in dead.touched:
                changed.show(operator, None)
        return changed.graph()

    for change in changes(subject, _dead(subject.graph), rewritten):
        working = sum(not subject.graph.operators[o].view for dead in change.matches for o in dead.touched)
        message = (
            f"{label(change.first, len(change.matches))}: the result reaches no output of the model; "
            f"{units.count(working, 'operator')} for it take {units.seconds(change.seconds)}. Without: {change.gain.text} "
            "for the model."
        )
        yield subject.finding(message, change.place, gain=change.gain, related=change.written)


def _dead(graph: Graph) -> Iterator[_Dead]:
    """Pieces of work that are connected, each named after its last operator."""
    live = _live(graph)
    pieces: list[set[int]] = []
    for operator in graph.operators:
        if operator.id not in live:
            before = {o for o in graph.predecessors[operator.id] if o not in live}
            joined = [piece for piece in pieces if piece & before]
            pieces = [piece for piece in pieces if not piece & before]
            pieces.append({operator.id}.union(*joined))
    for piece in pieces:
        working = [o for o in sorted(piece) if not graph.operators[o].view]
        if working:
            yield _Dead(graph.operators[working[-1]], tuple(sorted(piece)))


def _live(graph: Graph) -> set[int]:
    """Operators that an output, the host, or a state of the model depends on."""
    kept = {graph.tensors[t].storage for t in (*graph.output_tensors, *graph.input_tensors)}
    kept |= {tensor.storage for tensor in graph.tensors if tensor.is_weight and tensor.id not in graph.producers}
    live = _needed((o.id for o in graph.operators if _has_effects(o, graph) or _storages(o, graph) & kept), graph)
    rest = [operator for operator in graph.operators if operator.id not in live]
    return live | _needed((o.id for o in rest if _may_be_kept(o, graph)), graph)


def _needed(operators: Iterable[int], graph: Graph) -> set[int]:
    """Operators with all that they depend on."""
    found = list(operators)
    needed = set(found)
    while found:
        for before in graph.predecessors[found.pop()]:
            if before not in needed:
                needed.add(before)
                found.append(before)
    return needed


def _has_effects(operator: Operator, graph: Graph) -> bool:
    """Whether more than its results comes of an operator: a mask as index tells the host how much it keeps."""
    masked = operator.kind == "index" and any(graph.tensors[t].dtype in ("bool", "uint8") for t in operator.inputs[1:])
    return masked or operator.kind in _EFFECTS


def _storages(operator: Operator, graph: Graph) -> set[int]:
    return {graph.tensors[tensor].storage for tensor in operator.outputs}


def _may_be_kept(operator: Operator, graph: Graph) -> bool:
    """Whether the model may have kept a result that Python held until the end: not where only local names of its code did."""
    if all(graph.held.get(storage, 0) < len(graph.operators) for storage in _storages(operator, graph)):
        return False
    read = any(tensor in graph.consumers for tensor in operator.outputs)
    return stores(operator.source) if read else not is_dropped(operator.source)


RULE = Rule(
    code="GP406",
    name="unused-output",
    summary="Operators run whose results reach no output of the model.",
    rationale=(
        "Eager mode runs what is written. Work whose result nobody reads costs its time and energy in every run: a branch left "
        "over from an experiment, a head whose result is overwritten, statistics that were once logged."
    ),
    helps="taking it out, or computing it only where it is used (`if self.training`).",
    exceptions=(
        "a result that the model stores in an attribute, or that a hook reads, counts as used. Compilers remove such work, so "
        "nothing is said there."
    ),
    example="""
        from torch import nn


        # graphperf: input=(8, 3, 64, 64)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.stem = nn.Conv2d(3, 64, 3, padding=1)
                self.side = nn.Conv2d(64, 64, 3, padding=1)
                self.head = nn.Conv2d(64, 10, 1)

            def forward(self, x):
                x = self.stem(x)
                side = self.side(x).relu()
                return self.head(x)
    """,
    better="""
        from torch import nn


        # graphperf: input=(8, 3, 64, 64)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.stem = nn.Conv2d(3, 64, 3, padding=1)
                self.side = nn.Conv2d(64, 64, 3, padding=1)
                self.head = nn.Conv2d(64, 10, 1)

            def forward(self, x):
                x = self.stem(x)
                return self.head(x + self.side(x).relu())
    """,
    severity="warning",
    on_device=check,
)
