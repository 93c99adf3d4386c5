"""GP403: several linear layers read the same tensor, and one wider product would be faster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...fusion.dataflow import Dataflow
from ...graph import Graph, Operator
from ...report import units
from ...rewriting import Rewriting
from ..changes import Change, changes
from ..finding import Finding, Related, Rule
from ..places import label
from ..subject import Subject

_POINTWISE = ("conv1d", "conv2d")
# What attention does with a projection before it multiplies it with another: it moves it, scales it, turns it.
_BEFORE_PRODUCTS = frozenset({"clone", "mul", "div", "cat", "neg", "add", "layer_norm", "rms_norm", "contiguous"})
_PRODUCTS = frozenset({"matmul", "scaled_dot_product_attention"})
_FARTHEST = 6


@dataclass(frozen=True, slots=True)
class _Projections:
    """Layers that read one tensor."""

    layers: tuple[Operator, ...]

    @property
    def at(self) -> Operator:
        """The first."""
        return self.layers[0]

    @property
    def touched(self) -> tuple[int, ...]:
        """Ids of all."""
        return tuple(layer.id for layer in self.layers)


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line: that of the first layer."""

    def rewritten(found: Sequence[_Projections]) -> Graph:
        changed = Rewriting(subject.graph)
        for projections in found:
            _widen(changed, projections.layers, subject.graph)
        return changed.graph()

    for change in changes(subject, _projections(subject.graph), rewritten):
        yield _finding(subject, change)


def _finding(subject: Subject, change: Change[_Projections]) -> Finding:
    layers = change.matches[0].layers
    first, rest = layers[0], layers[1:]
    names = ", ".join(layer.name for layer in rest)
    message = (
        f"{label(first, len(change.matches))}: {names} multiply the same tensor; the "
        f"{sum(len(match.layers) for match in change.matches)} products take {units.seconds(change.seconds)}. One layer with "
        f"{_features(layers, subject.graph)} outputs, split, would do: {change.gain.text} for the model."
    )
    places = [(layer, subject.place(layer)) for layer in rest]
    related = [Related(f"{layer.name} reads the same tensor", at.file, at.line) for layer, at in places]
    return subject.finding(message, change.place, gain=change.gain, related=[*related, *change.written])


def _projections(graph: Graph) -> Iterator[_Projections]:
    """Linear layers and 1x1 convolutions of one input whose results meet in a product: queries, keys and values."""
    flow = Dataflow(graph, ())
    alike: dict[tuple[object, ...], list[Operator]] = {}
    for operator in graph.operators:
        weight = _weight(operator)
        if weight is not None and graph.tensors[weight].role == "parameter" and _is_projection(operator, graph):
            data = next(t for t in operator.inputs if not graph.tensors[t].is_weight)
            settings = tuple(sorted(operator.attributes.items(), key=str))
            # What the caller gives is known by its storage: a layer reads it in a shape of its own.
            shown = flow.data[data]
            read = ("result", shown) if shown in graph.producers else ("given", graph.tensors[data].storage)
            key = (
                _owner(operator),
                read,
                graph.tensors[data].shape[-2:],
                operator.kind,
                operator.input_names,
                settings,
            )
            alike.setdefault(key, []).append(operator)
    for layers in alike.values():
        weights = {graph.tensors[t].storage for layer in layers if (t := _weight(layer)) is not None}
        if len(weights) == len(layers) > 1 and all(_meets_a_product(layer, flow) for layer in layers):
            yield _Projections(tuple(layers))


def _owner(operator: Operator) -> str:
    """The module that has a layer, or runs an operator itself: queries, keys and values belong to one."""
    itself = operator.name.partition("#")[0] == operator.module
    return operator.module.rpartition(".")[0] if itself else operator.module


def _is_projection(operator: Operator, graph: Graph) -> bool:
    weight = _weight(operator)
    if weight is None or sum(not graph.tensors[t].is_weight for t in operator.inputs) != 1:
        return False
    if operator.kind == "linear":
        return True
    kernel, plain = graph.tensors[weight].shape[2:], {*operator.integers("stride"), *operator.integers("dilation")}
    return set(kernel) == plain == {1} and operator.attribute("groups") == 1


def _weight(operator: Operator) -> int | None:
    if operator.kind == "linear":
        return operator.input("mat2")
    return operator.input("weight") if operator.kind in _POINTWISE else None


def _meets_a_product(layer: Operator, flow: Dataflow) -> bool:
    """Whether attention's products are near, and nothing but moving and turning heads lies between."""
    reached, near = {layer.id}, 0
    while reached and near < _FARTHEST:
        results = {flow.origin[t] for o in reached for t in flow.graph.operators[o].outputs}
        if any(result in flow.returned for result in results):
            return False
        readers = {reader for result in results for reader in flow.readers.get(result, frozenset())}
        kinds = {flow.graph.operators[reader].kind for reader in readers}
        if kinds & _PRODUCTS:
            return kinds <= _PRODUCTS | _BEFORE_PRODUCTS
        if not kinds <= _BEFORE_PRODUCTS:
            return False
        reached, near = readers, near + 1
    return False


def _widen(changed: Rewriting, layers: Sequence[Operator], graph: Graph) -> None:
    """Weights side by side, and one product with them whose result is cut into those of the layers."""
    first = layers[0]
    features = _features(layers, graph)
    inputs: dict[str, int] = {}
    for name, tensor in zip(first.input_names, first.inputs, strict=True):
        shape = graph.tensors[tensor].shape
        if graph.tensors[tensor].is_weight:
            wide = (*shape[:-1], features) if first.kind == "linear" else (features, *shape[1:])
            given = [layer.input(name) for layer in layers]
            tensor = changed.join([t for t in given if t is not None], wide)
        inputs[name] = tensor
    result = graph.tensors[first.outputs[0]].shape
    wide = (*result[:-1], features) if first.kind == "linear" else (result[0], features, *result[2:])
    changed.widen([layer.id for layer in layers], inputs, wide)


def _features(layers: Sequence[Operator], graph: Graph) -> int:
    dimension = -1 if layers[0].kind == "linear" else 1
    return sum(graph.tensors[layer.outputs[0]].shape[dimension] for layer in layers)


RULE = Rule(
    code="GP403",
    name="separate-qkv",
    summary="Queries, keys and values are separate products of one tensor, and one wider product would be faster.",
    rationale=(
        "Three small products are three launches, each reads the input, and each may leave much of the device empty. One "
        "product with the weights side by side computes the same numbers in one launch."
    ),
    helps=(
        "one `nn.Linear(dim, 3 * dim)` and `qkv.chunk(3, dim=-1)`; the weights of a trained model can be put side by side with "
        "`torch.cat`."
    ),
    exceptions=(
        "where the layers fill the device by themselves nothing is gained, and nothing is said. Checkpoints, adapters and "
        "tensor parallelism may want the layers apart."
    ),
    example="""
        from torch import nn
        from torch.nn import functional as F


        # graphperf: input=(1, 128, 512)
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.query = nn.Linear(512, 512)
                self.key = nn.Linear(512, 512)
                self.value = nn.Linear(512, 512)

            def forward(self, x):
                b, n, c = x.shape
                q, k, v = (f(x).view(b, n, 8, 64).transpose(1, 2) for f in (self.query, self.key, self.value))
                return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, c)
    """,
    better="""
        from torch import nn
        from torch.nn import functional as F


        # graphperf: input=(1, 128, 512)
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.qkv = nn.Linear(512, 1536)

            def forward(self, x):
                b, n, c = x.shape
                q, k, v = (t.view(b, n, 8, 64).transpose(1, 2) for t in self.qkv(x).chunk(3, dim=-1))
                return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, c)
    """,
    severity="warning",
    on_device=check,
)
