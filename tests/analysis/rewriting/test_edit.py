"""Graphs after a change of the code: what is done without costs nothing and lies where it is shown."""

from graphperf.analysis.costs import costs_of
from graphperf.analysis.rewriting import Rewriting


def test_what_is_shown_costs_nothing_and_takes_no_memory(sketch) -> None:
    x = sketch.tensor(4, 8)
    doubled = sketch.add("mul", [x], (4, 8), other=2)
    negated = sketch.add("neg", [doubled], (4, 8))
    rewriting = Rewriting(sketch.graph(negated))
    rewriting.show(0, x)
    graph = rewriting.graph()
    assert [cost.flops for cost in costs_of(graph)] == [0, 32]
    assert graph.tensors[doubled].storage == graph.tensors[x].storage
    assert graph.tensors[negated].storage != graph.tensors[x].storage


def test_one_product_for_several(sketch) -> None:
    x = sketch.tensor(4, 8)
    weights = [sketch.weight(8, 6), sketch.weight(8, 10)]
    results = [sketch.add("linear", {"self": x, "mat2": w}, (4, n)) for w, n in zip(weights, (6, 10), strict=True)]
    before = sketch.graph(*results)
    rewriting = Rewriting(before)
    wide = rewriting.join(weights, (8, 16))
    rewriting.widen([0, 1], {"self": x, "mat2": wide}, (4, 16))
    graph = rewriting.graph()
    first, second = costs_of(graph)
    assert (first.macs, second.macs) == (sum(cost.macs for cost in costs_of(before)), 0)
    assert first.writes == {graph.operators[0].outputs[0]: 4 * 16}
    assert graph.tensors[graph.operators[0].outputs[0]].shape == (4, 16)
    assert len({graph.tensors[result].storage for result in results}) == 1
    assert len({graph.tensors[weight].storage for weight in (*weights, wide)}) == 1


def test_another_operator_with_the_same_result(sketch) -> None:
    x = sketch.tensor(4, 8)
    gate = sketch.add("sigmoid", [x], (4, 8))
    result = sketch.add("mul", [x, gate], (4, 8))
    rewriting = Rewriting(sketch.graph(result))
    rewriting.show(0, x)
    rewriting.put(1, "silu", {"self": x})
    graph = rewriting.graph()
    assert (graph.operators[1].kind, graph.operators[1].inputs, graph.operators[1].outputs) == ("silu", (x,), (result,))
    assert costs_of(graph)[1].modelled
