"""Device profiles from measurements: tables with a source at every figure, and the TOML file that holds them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

Table = dict[str, Any]


def figure(value: float, unit: str, source: str, grade: str, note: str = "") -> Table:
    """A figure as the tables of a profile hold it."""
    found = {"value": float(f"{value:.4g}"), "unit": unit, "source": source, "grade": grade}
    return {**found, "note": note} if note else found


def assumed(value: float, unit: str, why: str) -> Table:
    """A figure that nobody measured."""
    return figure(value, unit, f"assumption: {why}", "C")


def vector_bits(machine: Mapping[str, Any]) -> int:
    """Of a register of the vector extension that torch uses."""
    return {"AVX512": 512, "AVX2": 256}.get(str(machine.get("capability")), 128)


def cpu_tables(machine: Mapping[str, Any]) -> Table:
    """What a processor says of itself, and assumptions for the rest; measurements come on top."""
    said, cores = "as the system says", int(machine["cores"])

    def size(name: str, usual: float, times: int = 1) -> Table:
        known = machine.get(name)
        if known is None:
            return assumed(usual * times, "B", "the system does not say")
        return figure(float(known) * times, "B", said, "D")

    return {
        "name": machine["name"], "vendor": str(machine["name"]).split()[0], "kind": "cpu",
        "architecture": str(machine.get("capability") or "unknown"), "family": "calibrated",
        "compute": {"units": figure(cores, "core", said, "D"), "clock": assumed(3e9, "Hz", "the system does not say")},
        "memory": {
            "dram_bandwidth": assumed(20, "GB/s", "what one core reaches on a server"),
            "dram_size": size("memory_bytes", 16e9), "llc_size": size("llc_bytes", 16 << 20),
            "l2_size": size("l2_bytes", 1 << 20, cores), "l1_size": size("l1_bytes", 32 << 10),
        },
        "cpu": {
            "cores_performance": figure(cores, "core", said, "D"),
            "cores_efficiency": assumed(0, "core", "all cores are alike"),
            "vector_bits": figure(vector_bits(machine), "bit", "the vector extension that torch uses", "D"),
        },
        "launch": {"kernel_graph": assumed(0, "us", "nothing replays a graph on a CPU")},
        "power": {
            "tdp": assumed(8.0 * cores, "W", "8 W a core, as epyc-9654 rounded up and desktop processors rounded down"),
            "static": assumed(3.2 * cores, "W", "0.4 of the power limit, as xeon-8490h"),
        },
        "energy": {
            "dram_byte": assumed(162, "pJ/B", "as epyc-9654"),
            "vector": {"fp32": assumed(30, "pJ/FLOP", "as epyc-9654")},
        },
        "efficiency": {},
    }  # fmt: skip


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> Table:
    """`base` with the tables and figures of `changes` put in; a figure is replaced whole."""
    found = dict(base)
    for name, value in changes.items():
        before = found.get(name)
        deeper = _is_table(value) and _is_table(before)
        found[name] = merged(cast(Table, before), cast(Table, value)) if deeper else value
    return found


def without_empty(tables: Mapping[str, Any]) -> Table:
    """The tables without what a file does not write: None, empty texts and tables."""
    found: Table = {}
    for name, value in tables.items():
        kept = without_empty(cast(Table, value)) if isinstance(value, Mapping) else value
        if kept is not None and kept not in ("", {}, [], ()):
            found[name] = kept
    return found


def as_toml(tables: Mapping[str, Any]) -> str:
    """The text of a profile: plain values first, a figure a line, tables below their parents."""
    return "\n".join(_table((), tables)).strip() + "\n"


def _table(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    inner = {name: cast(Table, value) for name, value in table.items() if _is_table(value)}
    lines = [f"{name} = {_value(value)}" for name, value in table.items() if name not in inner]
    if path and lines:
        yield f"\n[{'.'.join(path)}]"
    yield from lines
    for name, value in inner.items():
        yield from _table((*path, name), value)


def _is_table(value: object) -> bool:
    """Whether it is a table of figures rather than a figure or a plain value."""
    return isinstance(value, Mapping) and "value" not in value


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_value(each)}" for name, each in cast(Table, value).items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in cast("list[object]", value)) + "]"
    return json.dumps(value, ensure_ascii=False)
