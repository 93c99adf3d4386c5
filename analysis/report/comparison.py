"""A comparison as text, Markdown, CSV or JSON."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from ..study.compare import Comparison
from ..study.grid import Skipped
from . import table
from .point_table import LEFT, header_and_rows, heading, point_records
from .reasons import reasons

_WIDTH = 100
_NO_BREAK = "\u00a0"
FORMATS = ("text", "json", "csv", "markdown")


def render(comparisons: Sequence[Comparison], skipped: Sequence[Skipped], output: str) -> str:
    """The comparisons in one of the `FORMATS`."""
    if output == "json":
        return json.dumps(_record(comparisons, skipped), indent=2, ensure_ascii=False)
    if output == "csv":
        return table.comma_separated(point_records([row.point for found in comparisons for row in found.candidates]))
    return "\n\n".join("\n".join(_lines(found, output)) for found in comparisons)


def _lines(found: Comparison, output: str) -> Iterator[str]:
    points = [candidate.point for candidate in found.candidates]
    title, texts = heading(points), reasons(found.candidates)
    if output == "markdown":
        yield from (f"**{title}**", "") if title else ()
        yield from table.markdown(*header_and_rows(points, found.best, "**{}**"), LEFT)
        yield from ("", *(f"- {text}" for text in texts))
        return
    yield from (title, "") if title else ()
    yield from table.aligned(*header_and_rows(points, found.best, "*{}"), LEFT)
    yield from ("", "* best of its column") if any(found.best.values()) else ()
    yield ""
    for text in texts:
        yield from _wrapped(text)


def _wrapped(text: str) -> list[str]:
    """Lines of a paragraph; a number and its unit stay together."""
    joined = re.sub(r"(?<=\d) (?=\S)", _NO_BREAK, text)
    lines = textwrap.wrap(joined, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return [line.replace(_NO_BREAK, " ") for line in lines]


def _record(comparisons: Sequence[Comparison], skipped: Sequence[Skipped]) -> dict[str, Any]:
    return {
        "comparisons": [
            {
                "candidates": [asdict(row.point) | {"anatomy": asdict(row.anatomy)} for row in found.candidates],
                "best": {name: sorted(rows) for name, rows in found.best.items()},
                "reasons": reasons(found.candidates),
            }
            for found in comparisons
        ],
        "skipped": [asdict(entry) for entry in skipped],
    }  # fmt: skip
