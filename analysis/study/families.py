"""Known families of models: what each is expected to measure, with its source (`families.toml`)."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...hardware_profiles.toml_file import read
from ..costs import Sizes
from ..estimate import Evaluation


@dataclass(frozen=True, slots=True)
class Range:
    """What a figure is expected to lie between, and who says so."""

    low: float
    high: float
    source: str


@dataclass(frozen=True, slots=True)
class Family:
    """A model as it was published. `input`: the sizes of its input without the batch, which `macs` depends on."""

    name: str
    title: str
    names: tuple[str, ...]
    input: tuple[int, ...]
    ranges: Mapping[str, Range]


@cache
def families() -> Mapping[str, Family]:
    """All families by name."""
    tables = read(Path(__file__).with_name("families.toml"))[1]
    sources: Mapping[str, str] = tables["source"]
    found: dict[str, Family] = {}
    for name, table in tables["family"].items():
        ranges = {
            figure: Range(float(given["low"]), float(given["high"]), sources[given["source"]])
            for figure, given in table.items()
            if figure in FIGURES
        }
        found[name] = Family(name, table["title"], (name, *table.get("names", ())), tuple(table["input"]), ranges)
    return found


def family_named(name: str) -> Family:
    """The family with this name, however it is spelled. Raises `ValueError` naming the nearest."""
    wanted = _plain(name)
    for family in families().values():
        if wanted in map(_plain, family.names):
            return family
    close = difflib.get_close_matches(name.lower(), families(), 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise ValueError(f"unknown family {name!r}, choose from {', '.join(families())}{hint}")


def family_of(names: Iterable[str]) -> Family | None:
    """The family that one of a model's names (its class, its factory) belongs to."""
    for name in names:
        try:
            return family_named(name)
        except ValueError:
            continue
    return None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _parameters(evaluation: Evaluation) -> float:
    return float(evaluation.graph.parameters)


def _macs(evaluation: Evaluation) -> float:
    return sum(cost.macs for cost in evaluation.costs) / evaluation.graph.batch


def _operators(evaluation: Evaluation) -> float:
    return float(sum(not operator.view for operator in evaluation.graph.operators))


def _pointwise_traffic(evaluation: Evaluation) -> float:
    """Share of the bytes that operators would move one by one."""
    sizes = Sizes(evaluation.graph, evaluation.question.storage.bytes)
    total = pointwise = 0.0
    for cost in evaluation.costs:
        moved = sizes.total(cost.reads) + sizes.total(cost.writes)
        total += moved
        pointwise += moved * (cost.family == "pointwise")
    return pointwise / total if total else 0.0


def _depthwise_macs(evaluation: Evaluation) -> float:
    gemms = [cost.gemm for cost in evaluation.costs if cost.family == "convolution" and cost.gemm is not None]
    depthwise = sum(gemm.macs for gemm in gemms if gemm.groups > 1 and gemm.k == gemm.taps)
    return depthwise / (sum(cost.macs for cost in evaluation.costs) or 1)


def _attention_macs(evaluation: Evaluation) -> float:
    attention = sum(cost.macs for cost in evaluation.costs if cost.family == "attention")
    return attention / (sum(cost.macs for cost in evaluation.costs) or 1)


FIGURES: Mapping[str, Callable[[Evaluation], float]] = {
    "parameters": _parameters,
    "macs": _macs,
    "operators": _operators,
    "pointwise_traffic": _pointwise_traffic,
    "depthwise_macs": _depthwise_macs,
    "attention_macs": _attention_macs,
}
