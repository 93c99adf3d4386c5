"""Reads tables of measurements."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median_low
from types import MappingProxyType
from typing import Any, TextIO

from .cases import Case
from .rows import Row, cases_of

_NONE: Mapping[str, str] = MappingProxyType({})
# Columns that tell tables of models, of operators alone and within models, and of edge devices.
_KINDS = ({"model", "latency_ms"}, {"op", "shape"}, {"target", "fw_latency_ms"}, {"hardware", "kind"})


def read_cases(paths: Sequence[Path], named: Mapping[str, str] = _NONE) -> tuple[list[Case], Counter[str]]:
    """The cases of tables (CSV, also gzipped; folders of such), and why rows were left out, with how many. `named`: ids of
    devices by their names in lower case, besides those that `sources.toml` has. Other files of a folder are left out as well.

    Raises `OSError`, and `ValueError` where a file is no such table.
    """
    cases: list[Case] = []
    left: Counter[str] = Counter()
    for path in _files(paths, left):
        for line, row in enumerate(_rows(path), 2):
            try:
                for found in cases_of(row, named):
                    if isinstance(found, Case):
                        cases.append(found)
                    else:
                        left[found] += 1
            except (KeyError, ValueError) as error:
                raise ValueError(f"{path}:{line}: {error}") from error
    return _middle(cases), left


def _middle(cases: Iterable[Case]) -> list[Case]:
    """Of what `graphperf measure` ran in several rounds the middle one, as there."""
    rounds: defaultdict[Case, list[float]] = defaultdict(list)
    others: list[Case] = []
    for case in cases:
        if case.target:
            rounds[replace(case, measured=0.0)].append(case.measured)
        else:
            others.append(case)
    return others + [replace(case, measured=median_low(seconds)) for case, seconds in rounds.items()]


def _files(paths: Sequence[Path], left: Counter[str]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for each in sorted(p for p in path.iterdir() if ".csv" in p.suffixes and p.is_file()):
            if _is_known(each):
                yield each
            else:
                left[f"{each.name} is no table of measurements"] += 1


def _is_known(path: Path) -> bool:
    try:
        with _opened(path) as file:
            return _is_table(csv.DictReader(file))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error):
        return False


def _opened(path: Path) -> TextIO:
    opened: Any = gzip.open if path.suffix == ".gz" else open
    return opened(path, "rt", newline="", encoding="utf-8-sig")


def _is_table(reader: csv.DictReader[str]) -> bool:
    columns = set(reader.fieldnames or ())
    return any(kind <= columns for kind in _KINDS)


def _rows(path: Path) -> Iterator[Row]:
    with _opened(path) as file:
        try:
            reader = csv.DictReader(file, restval="")
            if not _is_table(reader):
                wanted = "; ".join(" and ".join(sorted(kind)) for kind in _KINDS)
                raise ValueError(f"no table of measurements, whose columns are one of: {wanted}")
            yield from reader
        except (ValueError, EOFError, csv.Error) as error:
            raise ValueError(f"{path}: {error}") from error
