"""The points of a sweep as text, CSV, JSON or a Parquet file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from ..study.grid import Skipped
from ..study.points import Point
from . import table
from .point_table import LEFT, header_and_rows, heading, point_records

FORMATS = ("text", "csv", "json", "parquet")


def render(points: Sequence[Point], skipped: Sequence[Skipped], output: str) -> str:
    """The points in a format that is text."""
    if output == "csv":
        return table.comma_separated(point_records(points))
    if output == "json":
        record = {"points": point_records(points), "skipped": [asdict(entry) for entry in skipped]}
        return json.dumps(record, indent=2, ensure_ascii=False)
    title = heading(points)
    lines = table.aligned(*header_and_rows(points, {}), LEFT)
    return "\n".join([title, "", *lines] if title else lines)
