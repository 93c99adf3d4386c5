"""Writes down what a capture assumed of inputs and arguments."""

from __future__ import annotations

from ...discovery import configured
from ...report.pin import pin_of
from ..edit import Edit, insertion
from ..fix import Fix, Rewriting
from ..place import Place


def _rewrite(place: Place) -> Rewriting | None:
    name = place.result.target.rpartition("::")[2]
    model = next((known for known in place.analysis.discovery.classes if known.name == name), None)
    if model is None:
        return None
    ran = place.result.graph.defined
    pin = pin_of(place.result, configured(model, place.file), ran.line if ran is not None else model.line)
    if pin is None:
        return None
    line, title = place.document.line(pin.line), f"pin the assumed {'input' if 'input=' in pin.text else 'arguments'}"
    if pin.extends:
        end = len(line.rstrip())
        return Rewriting((Edit(pin.line, end + 1, pin.line, end + 1, f" {pin.text}"),), title)
    indent = line[: len(line) - len(line.lstrip())]
    return Rewriting((insertion(pin.line, f"{indent}{pin.text}\n"),), title)


FIX = Fix("pin what was assumed", _rewrite, pays=False)
