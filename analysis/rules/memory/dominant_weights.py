"""GP103: an embedding or a head holds most of the memory that a model needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from ...graph import Operator, Tensor, bytes_of
from ...report import units
from ..finding import Finding, Limits, Rule
from ..places import label
from ..subject import Subject

_EMBEDDINGS = ("embedding", "embedding_bag")
_LEAST_LAYERS = 4
_WIDENS = 4


@dataclass(frozen=True, slots=True)
class _Table:
    """A weight matrix, who reads it, and its bytes."""

    operator: Operator
    weight: Tensor
    size: float


def check(subject: Subject) -> Iterable[Finding]:
    """The table that holds more than half of the memory of a run at its fullest, with its twin where it has one."""
    tables = sorted(_tables(subject), key=lambda table: -table.size)
    layers = {
        tensor.storage for tensor in subject.graph.tensors if tensor.role == "parameter" and len(tensor.shape) > 1
    }
    # What the last-level cache holds is small, and a model of a few layers has nothing but these.
    if not tables or tables[0].size < subject.question.device.memory.llc_size.si or len(layers) < _LEAST_LAYERS:
        return
    largest = tables[0]
    twin = next((table for table in tables[1:] if _twins(largest, table)), None)
    size = largest.size + (twin.size if twin is not None else 0.0)
    share = size / subject.figures.memory_bytes
    advice = _advice(subject, largest, twin)
    if share >= subject.limits.least_share and advice:
        names = label(largest.operator) + (f" and {label(twin.operator)}" if twin is not None else "")
        have = "have" if twin is not None else "has"
        message = (
            f"{names} {have} {units.data(size)} of weights, {units.percent(share)} of the memory that "
            f"{subject.graph.model} needs. {advice}."
        )
        yield subject.finding(message, subject.place(largest.operator))


def _tables(subject: Subject) -> Iterable[_Table]:
    """The weight matrices of embeddings and linear layers, each once."""
    seen: set[int] = set()
    for operator in subject.graph.operators:
        if operator.kind in (*_EMBEDDINGS, "linear"):
            read = (subject.graph.tensors[t] for t in operator.inputs)
            weight = max((t for t in read if t.is_weight and len(t.shape) == 2), key=_elements, default=None)
            if weight is not None and weight.storage not in seen:
                seen.add(weight.storage)
                yield _Table(operator, weight, _bytes(subject, weight))


def _elements(tensor: Tensor) -> int:
    return tensor.elements


def _bytes(subject: Subject, weight: Tensor) -> float:
    width = subject.question.storage.bytes if weight.dtype == "float32" else bytes_of(weight.dtype)
    return weight.elements * width


def _twins(table: _Table, other: _Table) -> bool:
    """Whether one is an embedding and the other a head of as many entries: they may be one matrix."""
    kinds = {table.operator.kind in _EMBEDDINGS, other.operator.kind in _EMBEDDINGS}
    return len(kinds) == 2 and sorted(table.weight.shape) == sorted(other.weight.shape)


def _advice(subject: Subject, table: _Table, twin: _Table | None) -> str:
    """What would make it smaller, and by how much; nothing for a layer that is neither an embedding nor a head."""
    if twin is not None:
        return f"With one matrix for both (tied weights) it would be {units.data(twin.size)} less"
    narrower = ""
    if table.weight.dtype == "float32" and subject.question.storage.bytes > 2:
        narrower = f", in half precision {units.data(table.size / subject.question.storage.bytes * 2)}"
    if table.operator.kind in _EMBEDDINGS:
        rows = units.count(prod(subject.graph.tensors[table.operator.outputs[0]].shape[:-1]), "row")
        half = units.data(table.size / 2)
        return f"A run reads {rows} of {table.weight.shape[0]}. Half of the entries would take {half}{narrower}"
    positions = _positions(subject, table.operator)
    if positions > 1:
        return (
            f"Its input is a flattened map of {positions} positions: averaged before (`AdaptiveAvgPool2d(1)`), "
            f"{units.data(table.size / positions)} would do"
        )
    inside, outside = subject.graph.tensors[table.operator.outputs[0]].shape[-1], min(table.weight.shape)
    if inside == max(table.weight.shape) and inside >= _WIDENS * outside:
        return f"Half of its {inside} outputs would take {units.data(table.size / 2)}{narrower}"
    return ""


def _positions(subject: Subject, layer: Operator) -> int:
    """Positions of the map that a linear layer reads flattened; 1 where it reads none."""
    graph = subject.graph
    read = next((t for t in layer.inputs if not graph.tensors[t].is_weight), None)
    while read is not None and (maker := graph.producers.get(read)) is not None:
        operator = graph.operators[maker]
        if operator.kind not in ("view", "reshape", "flatten", "clone", "dropout"):
            break
        before = graph.tensors[operator.inputs[0]]
        if len(before.shape) > 3:
            return prod(before.shape[2:])
        read = before.id
    return 1


RULE = Rule(
    code="GP103",
    name="dominant-weights",
    summary="An embedding or a head holds most of the memory that the model needs.",
    rationale=(
        "A table of one row an entry, or a linear layer on a flattened map, can outweigh all other layers, though a run reads "
        "a few rows of it or multiplies it once. Reported when it takes at least half of the memory of a run at its fullest "
        "and more than the device's last-level cache."
    ),
    helps=(
        "a smaller vocabulary or hashed entries, one matrix for embedding and head, lower precision; an average over positions "
        "before a classifier."
    ),
    exceptions="a recommender is its tables; what counts there is how many fit the device.",
    example="""
        from torch import nn


        # graphperf: input=(8, 128) dtype=int64 hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = nn.Embedding(250000, 256)
                layer = nn.TransformerEncoderLayer(256, 4, 512, batch_first=True)
                self.encoder = nn.TransformerEncoder(layer, 4)

            def forward(self, ids):
                return self.encoder(self.embed(ids))
    """,
    better="""
        from torch import nn


        # graphperf: input=(8, 128) dtype=int64 hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = nn.Embedding(8000, 256)
                layer = nn.TransformerEncoderLayer(256, 4, 512, batch_first=True)
                self.encoder = nn.TransformerEncoder(layer, 4)

            def forward(self, ids):
                return self.encoder(self.embed(ids))
    """,
    severity="information",
    on_device=check,
    limits=Limits(least_share=0.5, most=1),
)
