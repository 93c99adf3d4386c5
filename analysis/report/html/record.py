"""What the page needs, as one record. SI units; texts are those of the other reports."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ...estimate.latency import Bottleneck
from ..schema import IntervalRecord


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OperatorPart(_Record):
    """An operator inside a kernel; `module` is the path of the module that it ran in."""

    name: str
    kind: str
    module: str
    edp_share: float


class KernelPart(_Record):
    """A kernel: `id` is that of the JSON report's subgraph. `latency_s` is its part of the run, `work_s` how long
    the device works on it: less where the host is waited for."""

    id: int
    name: str
    pattern: str
    ends: list[str]
    precision: str
    bottleneck: Bottleneck
    latency_s: float
    work_s: float
    energy_j: float
    edp_share: float
    flops: float
    bytes: float
    units_used: int
    utilization: float = Field(
        description="share of the device's slots that hold useful work while it runs: padding is none"
    )
    tiles: int
    waves: int
    fallback: bool
    critical: bool = Field(description="whether one of its operators is on the critical path by seconds")
    file: str | None
    line: int | None
    operators: list[OperatorPart]


class Ceiling(_Record):
    """A limit of the roofline: FLOP/s of a unit, or bytes/s of a memory."""

    name: str
    rate: float


class Tile(_Record):
    """A total in large letters: the figure, its interval, and what it is made of."""

    name: str
    value: str
    interval: str
    note: str


class DevicePart(_Record):
    """The model on one device; `kernels` that do work, in execution order."""

    id: str
    name: str
    title: str
    inputs: list[str]
    tiles: list[Tile]
    portrait: str = Field(description="what its time and energy go to, in words")
    totals: list[tuple[str, str]]
    what_if: str
    latency_s: IntervalRecord
    energy_j: IntervalRecord
    edp_js: float
    units: int
    unit_name: str
    ceilings: list[Ceiling]
    bandwidths: list[Ceiling]
    kernels: list[KernelPart]
    graph: str = Field(description="the fused graph as SVG, to be styled by the page")
    graph_note: str
    assumptions: list[str]


class PageRecord(_Record):
    """A model on its devices. `reasons`: why the best of several is best, in words. `links`: whether a line can be opened."""

    model: str
    target: str
    constructed: str
    links: bool
    reasons: list[str]
    devices: list[DevicePart]
