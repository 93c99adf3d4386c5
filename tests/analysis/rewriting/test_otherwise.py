"""Graphs as they would be if the code were written otherwise."""

from graphperf.analysis.costs import cost_of
from graphperf.analysis.rewriting import appending, batched, ungrouped, unwritten_broadcasts


def _bytes(graph, operator: int) -> tuple[int, int]:
    """Elements that an operator reads and writes."""
    found = cost_of(graph.operators[operator], graph)
    return sum(found.reads.values()), sum(found.writes.values())


def test_one_run_does_the_work_of_all_and_reads_the_weight_once(sketch) -> None:
    x, weight = sketch.tensor(4, 8, 16), sketch.weight(16, 32)
    results = [
        sketch.add("linear", {"input": sketch.add("select", [x], (8, 16), view=True), "mat2": weight}, (8, 32))
        for _ in range(4)
    ]
    graph = sketch.graph(*results)
    linears = [operator.id for operator in graph.operators if operator.kind == "linear"]
    found = batched(graph, [linears])
    assert cost_of(found.operators[linears[0]], found).macs == 4 * 8 * 16 * 32
    assert _bytes(found, linears[0]) == (4 * 8 * 16 + 16 * 32, 4 * 8 * 32)
    assert all(cost_of(found.operators[o], found).family == "view" for o in linears[1:])
    assert len({found.tensors[result].storage for result in results}) == 1
    assert [operator.id for operator in found.operators] == list(range(len(found.operators)))


def test_a_concatenation_appends_what_is_new(sketch) -> None:
    a, b, c = sketch.tensor(2, 4, 5), sketch.tensor(2, 3, 5), sketch.tensor(2, 1, 5)
    first = sketch.add("cat", [a, b], (2, 7, 5), dim=1)
    second = sketch.add("cat", [first, c], (2, 8, 5), dim=1)
    graph = sketch.graph(second)
    found = appending(graph, {1: (first,)})
    assert _bytes(found, 0) == (70, 70)
    assert _bytes(found, 1) == (10, 10)
    assert found.producers[second] == 1


def test_who_reads_an_unwritten_broadcast_reads_each_element_once(sketch) -> None:
    x, y = sketch.tensor(1, 8, 1), sketch.tensor(16, 8, 32)
    repeated = sketch.add("repeat", [x], (16, 8, 32))
    result = sketch.add("add", [y, repeated], (16, 8, 32))
    graph = sketch.graph(result)
    assert _bytes(graph, 1) == (2 * 16 * 8 * 32, 16 * 8 * 32)
    found = unwritten_broadcasts(graph, [0])
    assert cost_of(found.operators[0], found).family == "view"
    assert _bytes(found, 1)[0] < 16 * 8 * 32 + 16 * 8
    assert found.tensors[repeated].storage == found.tensors[x].storage


def test_a_convolution_without_groups_reads_every_channel(sketch) -> None:
    x, weight = sketch.tensor(1, 32, 8, 8), sketch.weight(32, 4, 3, 3)
    result = sketch.add("conv2d", {"input": x, "weight": weight}, (1, 32, 8, 8), groups=8)
    graph = sketch.graph(result)
    found = ungrouped(graph, [0])
    before, after = (cost_of(g.operators[0], g).macs for g in (graph, found))
    assert (before, after) == (64 * 32 * 4 * 9, 64 * 32 * 32 * 9)
    assert found.storage_bytes[graph.tensors[weight].storage] == 32 * 32 * 9 * 4
