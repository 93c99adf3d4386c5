"""What fits found, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..study.calibrate.solve import Found
from ..study.measured.errors import Errors
from .table import markdown


def render(found: Sequence[Found]) -> str:
    """Per fit: each parameter at its start, fitted and in use, and the errors with each."""
    introduction = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    return "\n\n".join([introduction.rstrip(), *map(_fit, found)]) + "\n"


def _fit(found: Found) -> str:
    which = tuple(found.values)
    values = [(name, *(f"{found.values[each][name]:.4g}" for each in which)) for name in found.fit.start]
    errors = [(each, *(cell for errors in found.errors[each] for cell in _cells(errors))) for each in which]
    headings = (
        "values",
        *(
            f"{rows} {figure}"
            for rows in ("fitted", "held-out")
            for figure in ("rows", "median", "MAPE", "P90", "bias")
        ),
    )
    return "\n\n".join(
        [
            f"## {found.fit.title}",
            "\n".join(markdown(("parameter", *which), values, frozenset())),
            "\n".join(markdown(headings, errors, frozenset())),
        ]
    )


def _cells(errors: Errors | None) -> tuple[str, ...]:
    if errors is None:
        return ("0", "", "", "", "")
    return (
        str(errors.rows),
        *(f"{100 * value:.1f} %" for value in (errors.median, errors.mean, errors.p90, errors.bias)),
    )
