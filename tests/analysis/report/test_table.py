"""Rows as text, Markdown and CSV."""

import pytest

from graphperf.analysis.report import units
from graphperf.analysis.report.table import aligned, comma_separated, markdown

HEADER, ROWS = ["name", "value"], [["a", "1 ms"], ["long|name", "*100 ms"]]


def test_columns_line_up() -> None:
    assert aligned(HEADER, ROWS, frozenset({"name"})) == [
        "name         value",
        "a             1 ms",
        "long|name  *100 ms",
    ]
    assert aligned(HEADER, [], frozenset({"name"})) == ["name  value"]


def test_markdown() -> None:
    assert markdown(HEADER, ROWS, frozenset({"name"})) == [
        "| name | value |",
        "| --- | --: |",
        "| a | 1 ms |",
        "| long\\|name | *100 ms |",
    ]


def test_csv() -> None:
    records = [{"name": 'a "b", c', "fits": True, "base": None, "seconds": 1.5e-05}]
    assert comma_separated(records) == 'name,fits,base,seconds\n"a ""b"", c",true,,1.5e-05\n'
    assert comma_separated([]) == ""


@pytest.mark.parametrize(
    ("base", "value", "text"),
    [
        (None, 4.3e-4, "430 µs"),
        (1.21e-3, 4.3e-4, "1.21 ms → 430 µs, −64 %"),
        (1e-3, 1.052e-3, "1 ms → 1.05 ms, +5.2 %"),
        (1e-3, 1e-3, "1 ms → 1 ms, ±0 %"),
        (0.0, 1e-3, "0 s → 1 ms, ±0 %"),
    ],
)
def test_changes(base: float | None, value: float, text: str) -> None:
    assert units.changed(base, value, "s") == text
