"""Least squares: the parameters at which predictions come nearest to what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from ....hardware_profiles import profile
from ...constants import replaced
from ...mapping.kernels import Column
from ..measured.errors import Errors
from ..measured.predict import Predicted, Ready, predicted
from .fits import Fit
from .parameters import Values, constants, in_use, with_figures

_FAR = 0.1  # of log error: rows beyond it count by their distance, not its square
_PRIOR = 0.02  # a parameter that is a factor e away from its start costs as much as this log error in every row
_STEP = 0.02  # of a parameter, for derivatives: rounds of tiles make smaller ones jump
_REFUSED = 3.0  # log error of every row where the parameters make no device
_WIDEST = 3.0  # factors from the start


@dataclass(frozen=True)
class Found:
    """Values of the parameters and errors with them, of the rows that are fitted and of those held out. `start`: the
    round values; `fitted`: the least squares; `in_use`: what the files of this project hold."""

    fit: Fit
    values: Mapping[str, Values]
    errors: Mapping[str, Sequence[Errors | None]]


def solve(fit: Fit, cases: Sequence[Ready]) -> Found:
    """The fit on the cases that are not held out. Raises `ValueError` where there is none."""
    rows = [each for each in cases if not each.case.held_out]
    held_out = [each for each in cases if each.case.held_out]
    if not rows:
        raise ValueError(f"{fit.title}: no row to fit to")
    names, start = list(fit.start), np.array(list(fit.start.values()), dtype=np.float64)

    def at(x: Column) -> Values:
        return dict(zip(names, (start * np.exp(x - 1)).tolist(), strict=True))

    def residuals(x: Column) -> Column:
        try:
            errors = np.array([np.log1p(each.error) for each in predictions(rows, at(x))])
        except ValueError:  # figures that no device can have, as static power above the board's limit
            errors = np.full(len(rows), _REFUSED)
        return np.concatenate([errors, _PRIOR * np.sqrt(len(rows)) * (x - 1)])

    bound = np.log(_WIDEST)  # x is 1 at the start, as steps are relative to it
    solved: Any = least_squares(
        residuals, np.ones(len(names)), loss="soft_l1", f_scale=_FAR, diff_step=np.full(len(names), _STEP),
        bounds=(1 - bound, 1 + bound), xtol=1e-3, ftol=1e-4, max_nfev=12,
    )  # fmt: skip
    values = {
        "start": fit.start,
        "fitted": at(solved.x),
        "in use": {name: in_use(name) for name in names},
    }
    errors = {which: tuple(_errors(cases, each) for cases in (rows, held_out)) for which, each in values.items()}
    return Found(fit, values, errors)


def predictions(cases: Sequence[Ready], values: Values) -> list[Predicted]:
    """What is predicted of cases with other values of some parameters."""
    devices = {name: with_figures(profile(name), values) for name in {each.case.device for each in cases}}
    with replaced(constants(values)):
        return [predicted(each, devices[each.case.device]) for each in cases]


def _errors(cases: Sequence[Ready], values: Values) -> Errors | None:
    return Errors.of(predictions(cases, values)) if cases else None
