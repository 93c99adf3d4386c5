"""Measured figures in one shape, whoever published them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Any, Literal

from ....hardware_profiles.toml_file import read
from ...capture.request import Shapes
from ...fusion import Mode
from ...numerics import Numerics
from ...what_if import WhatIfs

Quantity = Literal["latency", "power"]


@dataclass(frozen=True, slots=True)
class Case:
    """One measured figure of a model or an operator: `latency` in seconds of a run, or mean `power` in watts while it runs.

    `package` holds the model, and `size` is its input: pixels of a side or tokens. An operator has its `shape` instead. What
    `graphperf measure` ran has a `target` and the shapes and dtypes of its `inputs`,
    and its `note` says how it was run.
    """

    source: str
    name: str
    device: str
    framework: str
    numerics: Numerics
    mode: Mode
    what_if: WhatIfs
    batch: int
    measured: float
    size: str = ""
    package: str = ""
    shape: tuple[tuple[str, float], ...] = ()
    parameters: float | None = None
    quantity: Quantity = "latency"
    target: str = ""
    inputs: Shapes = ()
    note: str = ""

    @property
    def is_operator(self) -> bool:
        """Whether it is a single operator."""
        return bool(self.shape)

    @property
    def held_out(self) -> bool:
        """Whether no constant was fitted to it: another device or source, or of the third of subjects kept apart."""
        if (self.device, self.source) not in _fitted():
            return True
        return int(md5(f"{self.name}{self.shape or ''}".encode()).hexdigest(), 16) % 3 == 0


def sampled(cases: Iterable[Case], most: int, by: Callable[[Case], tuple[str, ...]]) -> list[Case]:
    """At most so many of each group that `by` tells apart: always the same."""
    groups: dict[tuple[str, ...], list[Case]] = {}
    for case in sorted(cases, key=_draw):
        groups.setdefault(by(case), []).append(case)
    return [case for group in groups.values() for case in group[:most]]


def _draw(case: Case) -> str:
    return md5(f"{case.name}{case.batch}{case.size}{case.shape}".encode()).hexdigest()


@cache
def sources() -> Mapping[str, Any]:
    """What names in tables stand for."""
    return read(Path(__file__).with_name("sources.toml"))[1]


@cache
def _fitted() -> frozenset[tuple[str, str]]:
    return frozenset((each["device"], each["source"]) for each in sources()["fitted"])
