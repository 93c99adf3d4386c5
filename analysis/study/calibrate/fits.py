"""What is fitted to which rows, read from `fits.toml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....hardware_profiles.toml_file import read
from ..measured.cases import Case, Quantity, sampled


@dataclass(frozen=True)
class Fit:
    """Parameters by name with the values they start at, and the cases they are fitted to: at most `rows` of each device
    and operator, always the same. `framework`: how its name begins."""

    title: str
    source: str
    devices: tuple[str, ...]
    start: Mapping[str, float]
    rows: int
    modes: tuple[str, ...]
    operators: tuple[str, ...]
    quantity: Quantity
    framework: str

    def cases(self, cases: Iterable[Case]) -> list[Case]:
        """Those of these that it is fitted to or checked on."""
        return sampled(
            filter(self._takes, cases), self.rows, lambda case: (case.device, case.name if case.is_operator else "")
        )

    def _takes(self, case: Case) -> bool:
        return (
            case.source == self.source
            and case.device in self.devices
            and case.quantity == self.quantity
            and case.mode in self.modes
            and case.framework.startswith(self.framework)
            and (case.name in self.operators if self.operators else not case.is_operator)
        )


def fits() -> Sequence[Fit]:
    """All fits."""
    return [_fit(each) for each in read(Path(__file__).with_name("fits.toml"))[1]["fit"]]


def _fit(table: Mapping[str, Any]) -> Fit:
    return Fit(
        table["title"], table["source"], tuple(table["devices"]), table["start"], table["rows"],
        tuple(table.get("modes", ("eager",))), tuple(table.get("operators", ())), table.get("quantity", "latency"),
        table.get("framework", ""),
    )  # fmt: skip
