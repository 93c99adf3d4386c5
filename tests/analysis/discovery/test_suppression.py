import pytest

from graphperf.analysis.discovery import discover
from graphperf.analysis.discovery.directive import directive_above
from graphperf.analysis.discovery.suppression import (
    EVERY,
    silenced,
    suppressions,
    with_suppression,
    without_suppression,
)


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("x = 1  # graphperf: ignore[GP101]", {"GP101"}),
        ("x = 1  # noqa: E501  #graphperf:ignore[GP101,GP203 ]", {"GP101", "GP203"}),
        ("x = 1  # graphperf: ignore", {EVERY}),
        ("x = 1  # noqa: E501, GP101", {"GP101"}),
        ("x = 1  # NOQA:gp101 GP203  # why", {"GP101", "GP203"}),
    ],
)
def test_comments_and_their_codes(line, codes):
    assert suppressions(["", line]) == {2: codes}
    assert directive_above([line, "class Net: ..."], 2) is None


@pytest.mark.parametrize(
    "line",
    [
        "x = graphperf",
        "# graphperf: input=(1, 2)",
        "# graphperf: ignored[GP101]",
        "x = 1  # graphperf: ignore[]",
        "x = 1  # noqa",
        "x = 1  # noqa: E501",
        "x = '# graphperf: ignore[GP101]'",
    ],
)
def test_other_lines(line):
    assert suppressions([line]) == {}


def test_the_codes_of_a_line():
    assert silenced("GP101", frozenset({"GP101"}))
    assert silenced("GP101", frozenset({EVERY}))
    assert not silenced("GP101", frozenset({"GP203"}))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("    x = f()  ", "    x = f()  # graphperf: ignore[GP203]"),
        ("x = 1  # why", "x = 1  # why  # graphperf: ignore[GP203]"),
        ("x = 1  # graphperf: ignore[GP101]  # why", "x = 1  # graphperf: ignore[GP101, GP203]  # why"),
        ("x = 1  # graphperf: ignore", "x = 1  # graphperf: ignore"),
    ],
)
def test_writing_the_comment(line, expected):
    assert with_suppression(line, "GP203") == expected
    assert silenced("GP203", suppressions([expected])[1])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = 1  # graphperf: ignore[GP101]", "x = 1"),
        ("x = 1  # graphperf: ignore[GP101, GP203]  # why", "x = 1  # graphperf: ignore[GP203]  # why"),
        ("x = 1  # graphperf: ignore", "x = 1  # graphperf: ignore"),
        ("x = 1  # noqa: E501, GP101", "x = 1  # noqa: E501"),
        ("x = 1  # noqa: GP101", "x = 1"),
        ("x = 1", "x = 1"),
    ],
)
def test_taking_a_code_out_of_the_comment(line, expected):
    assert without_suppression(line, {"GP101"}) == expected


def test_a_file_that_cannot_be_read_to_its_end_keeps_its_comments():
    assert suppressions(["x = (1  # graphperf: ignore[GP101]"]) == {1: {"GP101"}}


def test_a_discovery_has_the_comments_of_its_text():
    assert discover("import torch\nx = 1  # graphperf: ignore[GP101]\n").suppressed == {2: {"GP101"}}
