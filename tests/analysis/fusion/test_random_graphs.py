"""What holds for any graph, in any mode: random graphs of operators that fuse, join, fork, reduce and stand alone."""

from dataclasses import replace
from graphlib import TopologicalSorter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphperf.analysis.costs import Sizes, costs_of
from graphperf.analysis.fusion import MODES, Subgraph, partition, policy_for, with_folded_norms
from graphperf.analysis.graph import Graph

from ..conftest import Sketch

ROWS, COLUMNS = 16, 32
KINDS = [
    "relu", "add", "mul", "layer_norm", "softmax", "sum", "linear", "batch_norm", "view", "cat", "clone", "mystery",
]  # fmt: skip


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Each operator reads one or two of the results before it, small (rows) or large (rows × columns)."""
    sketch = Sketch()
    tensors = [sketch.tensor(ROWS, COLUMNS), sketch.tensor(ROWS, 1)]
    for kind in draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=14)):
        first, second = draw(st.sampled_from(tensors)), draw(st.sampled_from(tensors))
        tensors.append(_operator(sketch, kind, first, second))
    last = draw(st.lists(st.sampled_from(tensors[2:]), min_size=1, max_size=3, unique=True))
    return sketch.graph(*last)


def _operator(sketch: Sketch, kind: str, first: int, second: int) -> int:
    rows, columns = sketch.tensors[first].shape
    if kind in ("add", "mul"):
        return sketch.add(kind, [first, second], (rows, max(columns, sketch.tensors[second].shape[1])))
    if kind == "cat":
        return sketch.add(kind, [first, second], (rows, columns + sketch.tensors[second].shape[1]), dim=1)
    if kind == "sum":
        return sketch.add(kind, [first], (rows, 1), dim=(-1,))
    if kind == "linear":
        return sketch.add(kind, {"mat1": first, "mat2": sketch.weight(columns, columns)}, (rows, columns))
    if kind == "batch_norm":
        return sketch.add(kind, {"input": first, "bias": sketch.weight(columns)}, (rows, columns))
    attributes = {"normalized_shape": (columns,)} if kind == "layer_norm" else {"dim": -1} if kind == "softmax" else {}
    return sketch.add(kind, [first], (rows, columns), view=kind == "view", **attributes)


def kernels(graph: Graph, mode: str) -> tuple[Subgraph, ...]:
    return partition(graph, costs_of(graph), policy_for(mode)).subgraphs(Sizes(graph, 4.0))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("mode", MODES)
@given(graph=graphs())
@settings(max_examples=30, deadline=None)
def test_every_operator_once_in_kernels_that_can_run(mode: str, graph: Graph) -> None:
    found = kernels(graph, mode)
    home = {operator: kernel.id for kernel in found for operator in kernel.operators}
    assert sum(len(kernel.operators) for kernel in found) == len(home) == len(graph.operators)
    before: dict[int, set[int]] = {kernel: set() for kernel in home.values()}
    for operator in graph.operators:
        before[home[operator.id]] |= {home[p] for p in graph.predecessors[operator.id]} - {home[operator.id]}
    assert len(list(TopologicalSorter(before).static_order())) == len(before)


@given(graph=graphs(), supported=st.frozensets(st.sampled_from(KINDS)))
@settings(max_examples=30, deadline=None)
def test_what_a_device_runs_shares_no_kernel_with_what_it_does_not(graph: Graph, supported: frozenset[str]) -> None:
    costs = costs_of(graph)
    for mode in ("kpu", "ideal"):
        policy = replace(policy_for(mode, "npu"), supported=supported)
        for working, _ in partition(graph, costs, policy).members:
            assert len({policy.supports(graph.operators[o].kind, costs[o].family) for o in working}) <= 1


@pytest.mark.parametrize("mode", MODES)
@given(graph=graphs())
@settings(max_examples=30, deadline=None)
def test_fusion_never_adds_traffic(mode: str, graph: Graph) -> None:
    for kernel in kernels(graph, mode):
        assert 0 <= kernel.bytes <= kernel.bytes_separate


@given(graph=graphs())
@settings(max_examples=60, deadline=None)
def test_folding_a_norm_never_adds_traffic(graph: Graph) -> None:
    """Of separate operators. In a fused mode it may: what was computed again from the norm's input is read twice."""
    folded = kernels(with_folded_norms(graph), "eager")
    assert sum(kernel.bytes for kernel in folded) <= sum(kernel.bytes for kernel in kernels(graph, "eager"))


@given(graph=graphs())
@settings(max_examples=30, deadline=None)
def test_every_kernel_whose_result_is_used_says_why_it_ends(graph: Graph) -> None:
    for mode in MODES:
        for kernel in kernels(graph, mode):
            working = [o for o in kernel.operators if not graph.operators[o].view]
            results = {t for o in working for t in graph.operators[o].outputs}
            readers = {o for t in results for o in graph.consumers.get(t, ()) if not graph.operators[o].view}
            if results & set(graph.output_tensors) or readers - set(working):
                assert kernel.ends


def test_kernels_that_read_the_same_data_are_one() -> None:
    """As inductor does: three functions of a product are one kernel. Slices are not the same data; what waits stays apart."""
    sketch = Sketch()
    product = _operator(sketch, "linear", sketch.tensor(ROWS, COLUMNS), 0)
    first, second = (_operator(sketch, "relu", product, product) for _ in range(2))
    later = _operator(sketch, "add", _operator(sketch, "linear", second, second), product)
    found = kernels(sketch.graph(first, second, later), "compiled")
    assert [kernel.operators for kernel in found] == [(0,), (1, 2), (3,), (4,)]
    assert len(kernels(sketch.graph(first, second), "eager")) == len(sketch.operators)
