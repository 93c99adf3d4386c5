"""Operators, tensors and modules as an answer carries them: what repeats stands once, in a table; elsewhere its number there."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from .modules import ModuleRow
    from .recorder import OperatorRow, TensorRow
    from .sources import Line

Row = tuple[Any, ...]


class Tables(TypedDict):
    """The fields of each row, in their order; what is named after a table is a number in it.

    `files`: paths · `lines`: file, line, function, execution, repetition, direct · `layouts`: shape, dtype, strides ·
    `calls`: kind, target, names of the inputs, view · `tensors`: layout, storage, role, name ·
    `operators`: call, inputs, outputs, attributes, module, number of the module's call, lines, site ·
    `modules`: path, class, lines that construct it, line of its class or None, description
    """

    files: list[str]
    lines: list[Row]
    layouts: list[Row]
    calls: list[Row]
    tensors: list[Row]
    operators: list[Row]
    modules: list[Row]


def packed(operators: Iterable[OperatorRow], tensors: Iterable[TensorRow], modules: Iterable[ModuleRow]) -> Tables:
    """What was recorded, as it is at the end of a capture."""
    files, lines, layouts, calls = _Table(), _Table(), _Table(), _Table()

    def places(given: Iterable[Line]) -> list[int]:
        return [lines.number((files.number(file), *rest)) for file, *rest in given]

    return {
        "tensors": [
            (layouts.number((shape, dtype, strides)), storage, role, name)
            for shape, dtype, strides, storage, role, name in tensors
        ],
        "operators": [
            (
                calls.number((row["kind"], row["target"], tuple(row["names"]), row["view"])),
                row["inputs"], row["outputs"], row["attributes"], row["module"], row["call"], places(row["source"]), row["site"],
            )
            for row in operators
        ],
        "modules": [
            (
                row["path"], row["class"], places(row["constructed"]),
                None if row["defined"] is None else places([(*row["defined"], 0, 0, False)])[0], row["description"],
            )
            for row in modules
        ],
        "files": files.rows, "lines": lines.rows, "layouts": layouts.rows, "calls": calls.rows,
    }  # fmt: skip


class _Table:
    """Rows, each once."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, row: Hashable) -> int:
        """The number of a row, from 0."""
        found = self._numbers.get(row)
        if found is None:
            found = self._numbers[row] = len(self.rows)
            self.rows.append(row)
        return found
