"""GP102: an operator writes a small tensor out many times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...costs import cost_of
from ...graph import Graph, Operator, bytes_of
from ...report import units
from ...rewriting import unwritten_broadcasts
from ..finding import Finding, Rule
from ..places import label
from ..subject import Subject

_TIMES = 8
_COPIES = frozenset("repeat clone contiguous tile repeat_interleave copy".split())
_READ_REPEATED = ("pointwise", "reduction")
_JOINS = ("cat", "stack", "where", "matmul")


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line, the dearest first."""
    lines: dict[tuple[str, int], list[list[int]]] = {}
    for chain in _chains(subject):
        place = subject.running_place(subject.graph.operators[chain[0]])
        lines.setdefault((place.file, place.line), []).append(chain)
    found: list[Finding] = []
    for chains in lines.values():
        every = [operator for chain in chains for operator in chain]
        if not subject.may_pay(every):
            continue
        gain, seconds = subject.gain(graph=unwritten_broadcasts(subject.graph, every)), subject.seconds_of(every)
        if subject.worthwhile(gain, seconds):
            first = subject.graph.operators[chains[0][0]]
            message = f"{_what(subject, first, len(chains))}. {_advice(chains[0])}: {gain.text}."
            share = subject.edp_of(subject.kernels_of(every))
            found.append(
                subject.finding(
                    message, subject.running_place(first), gain=gain, share=share, related=subject.written(first)
                )
            )
    yield from sorted(found, key=lambda f: -(f.gain.edp if f.gain is not None else 0.0))[: subject.limits.most]


def _chains(subject: Subject) -> Iterable[list[int]]:
    """Copies whose readers could repeat the elements themselves; outer sums and products up to the reduction that reads them."""
    graph = subject.graph
    for operator in graph.operators:
        if (
            operator.view
            or not operator.outputs
            or not _repeats(operator, graph)
            or not _reaches_memory(operator, subject)
        ):
            continue
        if operator.kind in _COPIES and _readable_as_view(operator, subject):
            yield [operator.id]
        elif _family(subject, operator) == "pointwise" and (chain := _up_to_reduction(operator, subject)):
            yield chain


def _repeats(operator: Operator, graph: Graph) -> bool:
    """Whether the result is many times as large as all that is read for it."""
    read = sum(graph.tensors[tensor].distinct_elements for tensor in operator.inputs)
    return bool(operator.inputs) and graph.elements[operator.outputs[0]] >= _TIMES * max(1, read)


def _reaches_memory(operator: Operator, subject: Subject) -> bool:
    """Whether a reader runs in another kernel."""
    readers = [r for tensor in operator.outputs for r in subject.graph.consumers.get(tensor, ())]
    return not subject.kernels_of(readers) <= subject.kernels_of([operator.id])


def _readable_as_view(operator: Operator, subject: Subject) -> bool:
    """Whether every reader walks any strides, so that `expand` serves as well as the copy."""
    graph = subject.graph
    readers = [graph.operators[r] for tensor in operator.outputs for r in graph.consumers.get(tensor, ())]
    walks = (_family(subject, reader) in _READ_REPEATED or reader.kind in _JOINS for reader in readers)
    returned = any(tensor in graph.output_tensors for tensor in operator.outputs)
    return bool(readers) and all(walks) and not returned and not any(_writes_into(operator, r, graph) for r in readers)


def _writes_into(operator: Operator, reader: Operator, graph: Graph) -> bool:
    """Whether a reader works in place, where the copy is what it may write to."""
    storage = graph.tensors[operator.outputs[0]].storage
    return any(graph.tensors[tensor].storage == storage for tensor in reader.outputs)


def _up_to_reduction(operator: Operator, subject: Subject) -> list[int]:
    """The operator and the elementwise ones after it that each alone reads the last, up to a reduction; else none."""
    graph, chain = subject.graph, [operator]
    while True:
        tensor = chain[-1].outputs[0]
        readers = graph.consumers.get(tensor, ())
        if len(readers) != 1 or tensor in graph.output_tensors:
            return []
        reader = graph.operators[readers[0]]
        if _family(subject, reader) == "reduction":
            return [o.id for o in chain]
        if _family(subject, reader) != "pointwise" or graph.elements[reader.outputs[0]] != graph.elements[tensor]:
            return []
        chain.append(reader)


def _family(subject: Subject, operator: Operator) -> str:
    return cost_of(operator, subject.graph).family


def _what(subject: Subject, operator: Operator, count: int) -> str:
    graph = subject.graph
    written = graph.tensors[operator.outputs[0]]
    width = subject.question.storage.bytes if written.dtype == "float32" else bytes_of(written.dtype)
    read = sum(graph.tensors[tensor].distinct_elements for tensor in operator.inputs)
    return (
        f"{label(operator, count)} writes {units.data(width * written.elements)} of what fits {units.data(width * read)}: "
        f"{units.shape(written.shape)}"
    )


def _advice(chain: Sequence[int]) -> str:
    if len(chain) == 1:
        return "With `expand`, or left to broadcasting, who reads it repeats the elements"
    return "In one kernel with the reduction that reads it (torch.compile), or as a matrix product, it is never written"


RULE = Rule(
    code="GP102",
    name="large-broadcast",
    summary="A small tensor is written to memory many times over.",
    rationale=(
        "`repeat`, a copy of an `expand`, or an operator on two tensors that broadcast against each other can write many "
        "times what they read. Reported when the result is at least eight times as large as what it is made from, it "
        "reaches memory in the chosen mode, and its readers could repeat the elements themselves."
    ),
    helps="`expand` and broadcasting instead of `repeat`; ‖a‖² + ‖b‖² − 2ab for all distances; a fused kernel.",
    exceptions="a reader from an extension may need the elements one after another.",
    example="""
        import torch
        from torch import nn


        # graphperf: input=(64, 256, 56, 56) hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = nn.Parameter(torch.ones(1, 256, 1, 1))
                self.conv = nn.Conv2d(256, 64, 1)

            def forward(self, x):
                scale = self.scale.repeat(x.shape[0], 1, x.shape[2], x.shape[3])
                return self.conv(x * scale)
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(64, 256, 56, 56) hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = nn.Parameter(torch.ones(1, 256, 1, 1))
                self.conv = nn.Conv2d(256, 64, 1)

            def forward(self, x):
                return self.conv(x * self.scale)
    """,
    severity="warning",
    on_device=check,
)
