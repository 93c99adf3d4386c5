"""The execution modes as data: whose rules a mode means on a device, and what those rules let share a kernel (`rules.toml`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ...hardware_profiles import HardwareProfile, Kind
from ...hardware_profiles.toml_file import read
from ..costs import Family
from ..modes import MODES, Mode
from .windows import Loop

Dispatch = Literal["operator", "wrapper", "program", "none"]
_NONE: frozenset[Loop] = frozenset()
_SETS = ("fused", "alone", "epilogue", "prologue", "inlined", "last", "attention_in")


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one compiler. The fields are described at the top of `rules.toml`; None is without limit.

    `supported`: kinds and families of operators that the device runs, where it runs some only.
    """

    name: str
    dispatch: Dispatch
    source: str
    fused: frozenset[Loop] = _NONE
    alone: frozenset[Loop] = _NONE
    epilogue: frozenset[Loop] = _NONE
    prologue: frozenset[Loop] = _NONE
    inlined: frozenset[Loop] = _NONE
    last: frozenset[Loop] = _NONE
    joins: bool = False
    forks: bool = False
    siblings: bool = False
    fold_bn: bool = False
    unread: bool = False
    half_sums: bool = False
    bias_apart: bool = False
    window: int | None = None
    cat_inputs: int | None = None
    operators: int | None = None
    operands: int | None = None
    row: int | None = None
    attention: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]], hash=False)
    attention_in: frozenset[str] = frozenset()
    note: str = ""
    supported: frozenset[str] | None = None

    def supports(self, kind: str, family: Family) -> bool:
        """Whether the device itself runs an operator, rather than its fallback."""
        return self.supported is None or kind in self.supported or family in self.supported


def policy_for(mode: Mode, kind: Kind | None = None) -> Policy:
    """The rules of a mode on a kind of device, by default the first that has the mode. Raises KeyError where none has."""
    rules = _modes()[mode]
    return _policies()[rules[kind] if kind is not None else next(iter(rules.values()))]


def policy_on(mode: Mode, device: HardwareProfile) -> Policy:
    """The rules of a mode on a device: those of its kind, with the operators that it runs. Raises KeyError as `policy_for`."""
    policy = policy_for(mode, device.kind)
    return policy if device.npu is None else replace(policy, supported=frozenset(device.npu.operators))


def modes_of(kind: Kind) -> tuple[Mode, ...]:
    """The modes that a kind of device can run."""
    return tuple(mode for mode in MODES if kind in _modes()[mode])


def modes_on(device: HardwareProfile) -> tuple[Mode, ...]:
    """The modes that a device can run: those of its kind, but for compilers of other vendors."""
    vendors: Mapping[str, str] = _tables()["vendors"]
    return tuple(mode for mode in modes_of(device.kind) if vendors.get(mode, device.vendor) == device.vendor)


@cache
def _modes() -> Mapping[Mode, Mapping[Kind, str]]:
    return _tables()["modes"]


@cache
def _policies() -> Mapping[str, Policy]:
    return {name: _policy(name, table) for name, table in _tables()["rules"].items()}


@cache
def _tables() -> Mapping[str, Any]:
    return read(Path(__file__).with_name("rules.toml"))[1]


def _policy(name: str, table: Mapping[str, Any]) -> Policy:
    fields: dict[str, Any] = {key: frozenset(table[key]) if key in _SETS else table[key] for key in table}
    return Policy(name, **fields)
