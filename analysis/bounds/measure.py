"""The figures of a model on a device, as they are compared with budgets and baselines."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..finding import Figures
from ..report import units

if TYPE_CHECKING:
    from ..estimate import Evaluation


@dataclass(frozen=True, slots=True)
class Work:
    """What figures follow from: multiply-accumulates, bytes moved, kernels, parameters."""

    macs: int
    bytes: float
    kernels: int
    parameters: int


@dataclass(frozen=True, slots=True)
class Measure:
    """`target` is the file and class; `question` says the device, precision, mode and batch in one text."""

    target: str
    question: str
    figures: Figures
    work: Work


def measure_of(target: str, found: Evaluation) -> Measure:
    """Of an evaluation."""
    asked = found.question
    question = f"{asked.device.id} {asked.precision.value} {asked.mode} batch {found.graph.batch}"
    kernels = [estimate.subgraph for estimate in found.subgraphs]
    work = Work(
        sum(cost.macs for cost in found.costs), sum(k.bytes for k in kernels), len(kernels), found.graph.parameters
    )
    return Measure(target, question, figures_of(found), work)


def figures_of(found: Evaluation) -> Figures:
    """Latency, energy and memory of an evaluation."""
    return Figures(found.latency.value, found.energy.value, found.peak_memory_bytes)


def grown(before: Figures, now: Figures, most: float) -> list[str]:
    """The quantities that grew by more than a share, each with both values."""
    pairs: tuple[tuple[str, float, float, Callable[[float], str]], ...] = (
        ("latency", before.latency_s, now.latency_s, units.seconds),
        ("energy", before.energy_j, now.energy_j, units.joules),
        ("EDP", before.edp, now.edp, units.edp),
        ("memory", before.memory_bytes, now.memory_bytes, units.data),
    )
    return [
        f"{name} {shown(was)} → {shown(is_)}, {units.difference(was, is_)}"
        for name, was, is_, shown in pairs
        if is_ > was * (1 + most)
    ]


def named(target: str, root: Path) -> str:
    """A file and class as a project calls it: the path from its folder, with slashes."""
    file, separator, name = target.partition("::")
    relative = os.path.relpath(Path(file).resolve(), root.resolve()).replace(os.sep, "/")
    return f"{relative}{separator}{name}"


def reason(before: Measure, now: Measure) -> str:
    """`The work: MACs +12 %, traffic +8.0 %, 62 → 64 kernels.`"""
    old, new = before.work, now.work
    texts = [
        f"{name} {units.difference(was, is_)}"
        for name, was, is_ in (
            ("MACs", old.macs, new.macs), ("traffic", old.bytes, new.bytes), ("parameters", old.parameters, new.parameters),
        )
        if was != is_
    ]  # fmt: skip
    if old.kernels != new.kernels:
        texts.append(f"{old.kernels} → {new.kernels} kernels")
    return f"The work: {', '.join(texts)}." if texts else "The work is the same: the estimate itself has changed."
