"""One measured latency as a flat record, and the CSV file that keeps such records."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..capture.request import Shapes

_DTYPE = "float32"
_SCALAR = "scalar"


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """A model that ran on a device; the fields, in order, are the columns of the file.

    `source`: who measured. `target`: as for `graphperf analyze`; `model`: its short name. `framework`: as "pytorch 2.6.0 cpu".
    `mode`: infer. `layout`: nchw or nhwc. `compiled`: empty for eager, inductor or cuda-graph. `input`: see `inputs_text`.
    `latency_ms` is the median, low and high are the 10th and 90th percentile;
    energy is of one run. None: not measured.
    """

    source: str
    target: str
    model: str
    device: str
    framework: str
    mode: str
    precision: str
    layout: str
    compiled: str
    batch: int
    input: str
    latency_ms: float
    latency_low_ms: float | None = None
    latency_high_ms: float | None = None
    throughput_per_s: float | None = None
    energy_j: float | None = None
    power_w: float | None = None
    peak_mem_mb: float | None = None
    note: str = ""

    @property
    def key(self) -> tuple[str | int, ...]:
        """What was measured: equal for two measurements of the same."""
        return (
            self.source, self.target, self.device, self.framework, self.mode, self.precision, self.layout, self.compiled,
            self.batch, self.input, self.note,
        )  # fmt: skip


COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(MeasuredRow))
_NUMBERS = frozenset(
    {"latency_low_ms", "latency_high_ms", "throughput_per_s", "energy_j", "power_w", "peak_mem_mb"}
)  # fmt: skip


def inputs_text(inputs: Shapes) -> str:
    """Shapes as "1x3x224x224", with a dtype other than float32 as "1x77:int64"; several with a space between."""
    return " ".join(
        ("x".join(map(str, shape)) or _SCALAR) + (f":{dtype}" if dtype != _DTYPE else "") for shape, dtype in inputs
    )


def inputs_of(text: str) -> Shapes:
    """Reads what `inputs_text` wrote. Raises `ValueError`."""
    parts = [part.partition(":") for part in text.split()]
    return tuple(
        (() if shape == _SCALAR else tuple(map(int, shape.split("x"))), dtype or _DTYPE) for shape, _, dtype in parts
    )


def read_rows(path: Path) -> list[MeasuredRow]:
    """The rows of a file. Raises `OSError`, and `ValueError` with the line where it is not such a file."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file, restval="")
        if reader.fieldnames is None:
            return []
        if tuple(reader.fieldnames) != COLUMNS:
            raise ValueError(f"{path}: the columns are not {','.join(COLUMNS)}")
        return [_of_line(path, reader.line_num, record) for record in reader]


def append_rows(path: Path, rows: Iterable[MeasuredRow]) -> None:
    """Adds rows, and the header to a file that is new or empty. Raises `OSError`."""
    new = not path.exists() or not path.stat().st_size
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(COLUMNS)
        writer.writerows(_cells(row) for row in rows)


def _cells(row: MeasuredRow) -> Sequence[str]:
    values: list[object] = list(asdict(row).values())
    return ["" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value) for value in values]


def row_of(record: Mapping[str, str]) -> MeasuredRow:
    """The row of these cells. Raises `ValueError` where one is missing or no number, or the latency is none."""
    try:
        values: dict[str, Any] = {name: record[name] for name in COLUMNS}
        values |= {name: float(record[name]) if record[name] else None for name in _NUMBERS}
        values |= {"batch": int(record["batch"]), "latency_ms": float(record["latency_ms"])}
    except KeyError as error:
        raise ValueError(f"no column {error}") from error
    if not 0 < values["latency_ms"] < math.inf:
        raise ValueError(f"latency_ms is {record['latency_ms']}")
    return MeasuredRow(**values)


def _of_line(path: Path, line: int, record: Mapping[str, str]) -> MeasuredRow:
    try:
        return row_of(record)
    except ValueError as error:
        raise ValueError(f"{path}:{line}: {error}") from error
