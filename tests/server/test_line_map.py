from graphperf.server.line_map import LineMap

OLD = ["import torch", "", "class A:", "    x = conv(3, 64)", "    y = relu(x)", "    return y"]


def test_equal_texts_keep_their_lines():
    lines = LineMap(OLD, OLD)
    assert [lines.new(n) for n in range(1, 8)] == [1, 2, 3, 4, 5, 6, None]


def test_inserted_lines_move_what_follows():
    lines = LineMap(OLD, [*OLD[:2], "# a comment", "", *OLD[2:]])
    assert [lines.new(n) for n in range(1, 7)] == [1, 2, 5, 6, 7, 8]
    assert lines.old(6) == 4
    assert lines.old(3) is None


def test_a_deleted_line_has_no_partner():
    lines = LineMap(OLD, OLD[:3] + OLD[4:])
    assert lines.new(4) is None
    assert lines.new(5) == 4


def test_an_edited_line_keeps_its_place():
    assert LineMap(OLD, [*OLD[:3], "    x = conv(3, 128)", *OLD[4:]]).new(4) == 4


def test_another_statement_in_its_place_does_not():
    assert LineMap(OLD, [*OLD[:3], "    def g(self):", *OLD[4:]]).new(4) is None
    assert LineMap(OLD, [*OLD[:3], "", *OLD[4:]]).new(4) is None


def test_swapped_lines_never_trade_places():
    lines = LineMap(OLD, [*OLD[:3], OLD[4], OLD[3], OLD[5]])
    assert lines.new(4) in (5, None)
    assert lines.new(5) in (4, None)


def test_several_edits_in_one():
    new = ["import math", *OLD[:4], "    # why", *OLD[4:], "", "print()"]
    assert [LineMap(OLD, new).new(n) for n in range(1, 7)] == [2, 3, 4, 5, 7, 8]


def test_a_text_of_repeated_lines_is_mapped_without_search():
    old = ["x = f(x)"] * 5000
    lines = LineMap(old, ["y = 1", *old])
    assert (lines.new(1), lines.new(5000)) == (2, 5001)


def test_a_rewritten_text_maps_to_nothing():
    assert LineMap([f"a{n}" for n in range(3000)], [f"b{n}" for n in range(3000)]).new(1) is None
