"""Rows as aligned text, Markdown, CSV or a Parquet file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

Rows = Sequence[Sequence[str]]
Records = Sequence[Mapping[str, Any]]


def aligned(header: Sequence[str], rows: Rows, left: frozenset[str]) -> list[str]:
    """Lines of a table; the columns named in `left` start at their left edge, the others end at their right."""
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.ljust(width) if name in left else cell.rjust(width)
            for name, cell, width in zip(header, cells, widths, strict=True)
        )
        return "  ".join(padded).rstrip()

    return [line(header), *(line(row) for row in rows)]


def markdown(header: Sequence[str], rows: Rows, left: frozenset[str]) -> list[str]:
    """Lines of a Markdown table."""
    rule = ["---" if name in left else "--:" for name in header]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in (header, rule, *rows)]


def comma_separated(records: Records) -> str:
    """CSV with a header; truth as `true` and `false`, what is absent as nothing."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    if records:
        writer.writerow(records[0])
    writer.writerows([_cell(value) for value in record.values()] for record in records)
    return written.getvalue()


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def write_parquet(records: Records, path: Path) -> None:
    """All records in one row group; needs pyarrow. Raises `OSError`."""
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    parquet.write_table(arrow.Table.from_pylist(list(records)), path)
