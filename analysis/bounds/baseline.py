"""The figures and findings of a project at one time, in a file of its repository: what later ones are compared with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..discovery import UsageError
from ..finding import Figures
from ..store import Dependency, state_of
from .measure import Measure, Work, named

_VERSION = 1
# By which share a figure may grow.
REGRESSION = 0.05


@dataclass(frozen=True, slots=True)
class Baseline:
    """`measures` by file and class and by question; `known`: fingerprints of findings. Files are named from `root`."""

    root: Path
    measures: Mapping[tuple[str, str], Measure] = field(default_factory=dict[tuple[str, str], Measure])
    known: frozenset[str] = frozenset()

    def before(self, measure: Measure) -> Measure | None:
        """The same model, asked the same."""
        return self.measures.get((named(measure.target, self.root), measure.question))


def baseline_text(measures: Iterable[Measure], known: Iterable[str], root: Path) -> str:
    """The content of a file: the same models give the same bytes."""
    models: dict[str, dict[str, Any]] = {}
    for measure in measures:
        kept = {**asdict(measure.figures), **asdict(measure.work)}
        models.setdefault(named(measure.target, root), {})[measure.question] = kept
    held = {"version": _VERSION, "models": models, "findings": sorted(set(known))}
    return json.dumps(held, indent=2, sort_keys=True) + "\n"


def read_baseline(file: Path) -> Baseline:
    """What `baseline_text` wrote. Raises `UsageError`."""
    return _read(file, state_of(str(file)))


@lru_cache(4)
def _read(file: Path, _state: Dependency | None) -> Baseline:
    """The content of a file as it is now: an editor asks for it at each edit."""
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"the baseline {file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"the baseline {file} is no JSON: {error}") from error
    try:
        if held["version"] != _VERSION:
            raise UsageError(f"the baseline {file} is of another version; write it again with --write-baseline")
        models = {(t, q): _measure(t, q, kept) for t, asked in held["models"].items() for q, kept in asked.items()}
        return Baseline(file.resolve().parent, models, frozenset(held["findings"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"the baseline {file} is incomplete; write it again with --write-baseline") from error


def _measure(target: str, question: str, kept: Mapping[str, Any]) -> Measure:
    figures = Figures(kept["latency_s"], kept["energy_j"], kept["memory_bytes"])
    return Measure(target, question, figures, Work(kept["macs"], kept["bytes"], kept["kernels"], kept["parameters"]))
