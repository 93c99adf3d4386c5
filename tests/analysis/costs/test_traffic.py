"""How many elements an operator reads and writes, and how many bytes they are."""

import pytest

from graphperf.analysis.costs import Sizes, cost_of, costs_of
from graphperf.hardware_profiles import Precision


def test_every_input_in_full_and_broadcasts_once(sketch) -> None:
    x, row = sketch.tensor(4, 8), sketch.tensor(4, 8, strides=(0, 1))
    y = sketch.add("add", [x, row], (4, 8))
    found = cost_of(sketch.operators[0], sketch.graph(y))
    assert found.reads == {x: 32, row: 8}
    assert found.writes == {y: 32}


def test_an_input_used_twice_is_read_once(sketch) -> None:
    x = sketch.tensor(4, 8)
    y = sketch.add("mul", {"self": x, "other": x}, (4, 8))
    assert cost_of(sketch.operators[0], sketch.graph(y)).reads == {x: 32}


def test_a_result_in_several_shapes_is_written_once(sketch) -> None:
    y = sketch.add("linear", {"mat1": sketch.tensor(4, 8), "mat2": sketch.weight(8, 6)}, (4, 6))
    shown = sketch.tensor(2, 2, 6, role="activation", of=y)
    import dataclasses

    sketch.operators[0] = dataclasses.replace(sketch.operators[0], outputs=(y, shown))
    assert cost_of(sketch.operators[0], sketch.graph(y)).writes == {y: 24}


def test_a_view_moves_nothing(sketch) -> None:
    y = sketch.add("view", [sketch.tensor(4, 8)], (32,), view=True)
    found = cost_of(sketch.operators[0], sketch.graph(y))
    assert (found.family, found.flops, dict(found.reads), dict(found.writes)) == ("view", 0, {}, {})
    assert found.modelled


def test_an_embedding_reads_only_the_rows_it_looks_up(sketch) -> None:
    table, tokens = sketch.weight(50_000, 16), sketch.tensor(2, 3, dtype="int64")
    y = sketch.add("embedding", {"weight": table, "indices": tokens}, (2, 3, 16))
    found = cost_of(sketch.operators[0], sketch.graph(y))
    assert found.reads == {table: 96, tokens: 6}
    assert Sizes(sketch.graph(y), Precision.FP16.bytes).total(found.reads) == 96 * 2 + 6 * 8


def test_filling_reads_nothing_and_copying_does_not_read_its_target(sketch) -> None:
    x, target = sketch.tensor(4, 8), sketch.tensor(4, 8)
    y = sketch.add("zeros", [], (4, 8))
    z = sketch.add("copy", {"self": target, "src": x}, (4, 8))
    filled, copied = costs_of(sketch.graph(y, z))
    assert (dict(filled.reads), filled.writes) == ({}, {y: 32})
    assert (copied.reads, copied.writes) == ({x: 32}, {z: 32})


def test_an_unknown_operator_counts_bytes_and_no_arithmetic(sketch) -> None:
    x = sketch.tensor(4, 8)
    y = sketch.add("bessel_j0", [x], (4, 8))
    found = cost_of(sketch.operators[0], sketch.graph(y))
    assert (found.family, found.modelled, found.flops) == ("unknown", False, 0)
    assert (found.reads, found.writes) == ({x: 32}, {y: 32})


@pytest.mark.parametrize(
    ("dtype", "precision", "size"),
    [
        ("float32", "fp32", 4), ("float32", "fp16", 2), ("float32", "fp64", 8), ("float32", "int8", 1),
        ("float32", "fp4", 0.5), ("float32", "tf32", 4), ("int64", "fp16", 8), ("bool", "fp16", 1),
        ("float16", "fp32", 2),
    ],
)  # fmt: skip
def test_only_what_was_captured_as_float32_changes_with_the_precision(sketch, dtype, precision, size) -> None:
    x = sketch.tensor(3, 5, dtype=dtype)
    sizes = Sizes(sketch.graph(), Precision(precision).bytes)
    assert sizes.element(x) == size
    assert sizes.total({x: 15}) == 15 * size
