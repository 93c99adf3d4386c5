"""What is known of a file after its check, in a shape that can be kept on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..bounds.measure import Measure, Work
from ..finding import Figures, Finding, Gain, Related


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings of a file, whatever its comments say of them, and the figures of its models.

    `whole`: every model was captured. `hindrance`: why the interpreter cannot be used, where that is so. `lines`: those of a
    text that is not the file's.
    """

    file: str
    findings: tuple[Finding, ...] = ()
    measures: tuple[Measure, ...] = ()
    whole: bool = True
    hindrance: str | None = None
    lines: tuple[str, ...] = ()


def to_json(checked: Checked) -> str:
    """One line of JSON."""
    return json.dumps(asdict(checked), separators=(",", ":"))


def from_json(text: str) -> Checked:
    """Raises `ValueError`, `KeyError` or `TypeError` for what `to_json` did not write."""
    given = json.loads(text)
    return Checked(
        given["file"],
        tuple(_finding(f) for f in given["findings"]),
        tuple(
            Measure(m["target"], m["question"], Figures(**m["figures"]), Work(**m["work"])) for m in given["measures"]
        ),
        given["whole"],
        given["hindrance"],
        tuple(given["lines"]),
    )


def _finding(given: Mapping[str, Any]) -> Finding:
    gain = given["gain"]
    known = Gain(Figures(**gain["before"]), Figures(**gain["after"])) if gain is not None else None
    others = {name: tuple(Related(**other) for other in given[name]) for name in ("related", "calls")}
    fields: dict[str, Any] = {**given, "gain": known, **others}
    return Finding(**fields)
