"""graphperf in scripts and notebooks: what `graphperf analyze` and `graphperf sweep` know, as objects.

`evaluations` looks into single models, kernel by kernel; `points` answers many questions with a flat record each, for tables,
plots and `graphperf.analysis.study.recommend`. All figures are in SI units: seconds, joules, J·s, bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from .capture import AgentPool
from .discovery import UsageError, hardware_paths, parse_target
from .estimate import Evaluation
from .modes import DEFAULT_HARDWARE, DEFAULT_MODE, DEFAULT_PRECISION
from .pipeline import Problem, analyze, capturer_for
from .settings import Options, devices_named, with_values
from .study import Grid, Point, Subject, evaluate_points, subjects_of

Names = str | Iterable[str]


class NotCaptured(RuntimeError):
    """A model could not be captured. `problems` say why, with file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.target}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


def evaluations(
    target: str | os.PathLike[str], *, hardware: Names = DEFAULT_HARDWARE, precision: str = DEFAULT_PRECISION,
    mode: str = DEFAULT_MODE, batch: int | None = None, python: str | None = None,
) -> list[Evaluation]:  # fmt: skip
    """Every model of a target on every device: its kernels, their seconds, joules, bytes and shares of the EDP.

    `target` is `file.py`, `file.py::Class` or `package.module:factory`. `hardware` names devices, or TOML files of your own.
    `batch` is the first dimension of every input; None keeps the inputs as they are given or assumed. `python` is the
    interpreter that has the model's packages; None is this one.
    Raises `UsageError` for what is unknown, and `NotCaptured` where no model could be captured.
    """
    options = with_values(
        _options(python), hardware=_names(hardware), precision=precision, mode=mode, batch=batch
    )  # fmt: skip
    with AgentPool() as pool:
        found = analyze(parse_target(os.fspath(target)), options, capturer_for(pool, options))
    if not found.results:
        raise NotCaptured(found.problems) if found.problems else UsageError(f"{target}: no nn.Module class found")
    return [evaluation for result in found.results for evaluation in result.evaluations]


def points(
    targets: Names, *, hardware: Names = DEFAULT_HARDWARE, precision: Names = DEFAULT_PRECISION,
    mode: Names = DEFAULT_MODE, batch: Sequence[int] = (), python: str | None = None,
) -> list[Point]:  # fmt: skip
    """A record for every model, device, precision, mode and batch size, in this order; the fields' names end in their units.

    What a device does not run is left out. `hardware="all"` is every device and power mode; without `batch` the inputs stay as
    they are given or assumed. Raises `UsageError` for what is unknown, and `NotCaptured` for the first target that fails.
    """
    options = _options(python)
    grid = Grid(
        devices_named(_names(hardware), options.hardware_paths),
        [with_values(options, precision=name).precision for name in _names(precision)],
        [with_values(options, mode=name).mode for name in _names(mode)],
        batch,
    )
    subjects: list[Subject] = []
    with AgentPool() as pool:
        capturer = capturer_for(pool, options)
        for target in _names(targets):
            found, problems = subjects_of(parse_target(target), batch, options, capturer)
            if problems:
                raise NotCaptured(problems)
            subjects += found
    return evaluate_points(subjects, grid)


def _options(python: str | None) -> Options:
    return Options(python=python, hardware_paths=hardware_paths(Path.cwd()))


def _names(given: Names) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
