"""The JSON report of `graphperf analyze --format json`: stable field names, SI units. Documented in `docs/report-schema.md`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = "1.2"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InputRecord(_Record):
    """A model input and where its shape came from."""

    shape: list[int]
    dtype: str
    origin: str = Field(description="given, directive on line n, or assumed from a layer")


class Coverage(_Record):
    """How many of the operators have a cost function."""

    operators: int
    modelled: int


class IntervalRecord(_Record):
    """A value with the bounds it is believed to lie between."""

    value: float
    low: float
    high: float


class EnergyRecord(IntervalRecord):
    """Joules, and the three parts that sum to `value`."""

    compute: float
    memory: float
    static: float


class Totals(_Record):
    """Sums over the model. Bytes: `bytes_unfused` if every operator were a kernel of its own, `bytes_fused` in this mode."""

    operators: int
    subgraphs: int
    parameters: int
    macs: int = Field(description="multiply-accumulates of convolution- and matmul-like operators")
    flops: int = Field(description="2·macs + one per elementwise arithmetic operation")
    bytes_unfused: float
    bytes_fused: float
    bytes_saved: float = Field(description="bytes_unfused - bytes_fused")
    arithmetic_intensity: float = Field(description="flops / bytes_fused")
    latency_s: IntervalRecord
    energy_j: EnergyRecord
    edp_js: float
    peak_memory_bytes: float
    utilization: float = Field(description="filled share of the device's parallel units, weighted by time")


class ConcurrencyRecord(_Record):
    """Stages by true dependencies, the widest of them, and the critical path."""

    stages: int
    max_parallel: int
    critical_path_operators: int
    critical_path_s: float


class OperatorRecord(_Record):
    """An operator inside a subgraph; `file` and `line` are the user's innermost line."""

    name: str
    kind: str
    file: str | None
    line: int | None
    macs: int
    flops: int
    bytes: float
    edp_share: float
    algorithm: str | None = Field(
        default=None, description="the kernel PyTorch chooses for attention, and why no better"
    )


class SubgraphRecord(_Record):
    """One kernel."""

    id: int
    name: str
    pattern: str
    ends: list[str] = Field(description="why it ends where it does, each reason in words")
    bytes: float
    bytes_saved: float = Field(description="against its operators as kernels of their own")
    precision: str = Field(description="what its leading operator computes in: differs between kernels under autocast")
    bottleneck: Literal["compute", "memory", "launch"]
    latency_s: float
    energy_j: float
    edp_share: float
    utilization: float
    operators: list[OperatorRecord]


class WhatIfRecord(_Record):
    """Totals of the model as written, where `set` changes how it is run."""

    set: list[str]
    latency_s: float
    energy_j: float
    edp_js: float


class PatternRecord(_Record):
    """Kernels that run the same kinds of operators, and the bytes that fusion saves in all of them."""

    pattern: str
    count: int
    bytes_saved: float


class Report(_Record):
    """One model on one device."""

    model: str
    contains: list[str] = Field(description="classes of the analysed file that ran inside the model")
    target: str
    hardware: str
    precision: str
    mode: str
    batch: int
    inputs: list[InputRecord]
    assumptions: list[str]
    coverage: Coverage
    totals: Totals
    what_if: WhatIfRecord | None = Field(default=None, description="what is set, and the totals without it")
    concurrency: ConcurrencyRecord
    patterns: list[PatternRecord] = Field(description="what fused, the most frequent first")
    subgraphs: list[SubgraphRecord]


class ErrorRecord(_Record):
    """A model that could not be captured."""

    target: str
    code: str
    message: str
    file: str | None
    line: int | None


class ReportFile(_Record):
    """The whole output."""

    schema_version: str = SCHEMA_VERSION
    reports: list[Report]
    errors: list[ErrorRecord]
