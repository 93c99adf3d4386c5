"""Trees made by several threads at once."""

from concurrent.futures import ThreadPoolExecutor

from graphperf.analysis.syntax import parse, parse_expression

DEEP = "\n".join(f"class C{i}:\n    def f(self):\n        return [{'(' * 20}{i}{')' * 20}]" for i in range(150))


def test_threads_get_whole_trees() -> None:
    with ThreadPoolExecutor(8) as threads:
        trees = list(threads.map(parse, [DEEP] * 24))
        values = list(threads.map(parse_expression, ["(1, [2, {3: 4}])"] * 200))
    assert {len(tree.body) for tree in trees} == {150}
    assert {type(value.body).__name__ for value in values} == {"Tuple"}
