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
    origin: str = Field(description="`given` (`--input`), `directive on line n`, or `assumed from <layer>`")


class Coverage(_Record):
    """How many of the operators have a cost function."""

    operators: int = Field(description="all that were captured; a view counts too, and costs nothing")
    modelled: int = Field(description="those whose cost is known")


class IntervalRecord(_Record):
    """A value with the bounds it is believed to lie between."""

    value: float
    low: float
    high: float


class EnergyRecord(IntervalRecord):
    """Joules, and the three parts that sum to `value`: `compute`, `memory` and `static`. `memory` is `dram` and `cache`."""

    compute: float
    memory: float
    dram: float
    cache: float
    static: float


class Totals(_Record):
    """Sums over the model."""

    operators: int = Field(description="views among them")
    subgraphs: int = Field(description="kernels")
    parameters: int
    macs: int = Field(description="multiply-accumulates of convolution- and matmul-like operators")
    flops: int = Field(description="2·macs + one per elementwise arithmetic operation")
    bytes_unfused: float = Field(description="moved if every operator were a kernel of its own")
    bytes_fused: float = Field(description="moved in this mode")
    bytes_saved: float = Field(description="bytes_unfused - bytes_fused")
    arithmetic_intensity: float = Field(description="flops / bytes_fused")
    latency_s: IntervalRecord
    energy_j: EnergyRecord
    edp_js: float = Field(description="latency_s.value · energy_j.value")
    peak_memory_bytes: float = Field(description="weights and the fullest moment of the schedule")
    memory: MemoryRecord
    fusion: FusionRecord
    utilization: float = Field(
        description="share of the device's parallel units that useful work fills, padding left out, weighted by time"
    )


class ConcurrencyRecord(_Record):
    """Stages by true dependencies, the critical paths, and as `bound_*` how many times as fast the model could be if whatever
    does not wait for each other ran at once: the whole over its critical path."""

    stages: int = Field(description="sets of operators that do not wait for each other; views are in none")
    max_parallel: int = Field(description="operators of the widest stage")
    critical_path_operators: int = Field(description="views among them")
    critical_path_layers: int = Field(description="convolutions, products, attention, recurrent layers")
    critical_path_flops: int
    critical_path_s: float
    bound_operators: float = Field(description="operators / critical_path_operators")
    bound_flops: float
    bound_s: float = Field(description="seconds of all operators / critical_path_s")


class TrainingRecord(_Record):
    """Bytes that a training step holds when its backward pass begins, without recomputation."""

    weights: float
    gradients: float
    optimizer: float = Field(description="Adam: two FP32 moments a parameter, below FP32 a master copy")
    activations: float
    total: float
    fits: bool


class MemoryRecord(_Record):
    """Bytes by a liveness schedule of the graph. Workspace of libraries is not counted."""

    weights: float
    activations: float = Field(description="alive at once at the fullest moment of inference")
    peak: float
    capacity: float
    fits: bool
    largest_batch: int = Field(description="whose inference fits, activations growing in proportion")
    cache: float = Field(
        description="keys and values of causal attention over the input's length: what a decoder keeps"
    )
    training: TrainingRecord


class FusionRecord(_Record):
    """What fusion saves: the same graph is estimated once more with every operator as a kernel of its own, under the same
    dispatch. The parts of the kernels sum to the model's; one can be negative, where launches weigh more on it."""

    bytes: float
    latency_s: float
    energy_j: float
    edp_js: float


class AllocationRecord(_Record):
    """Where a kernel runs: `tiles` pieces of `tile` (rows, columns of the result) in `waves` over `units_used` of `units`."""

    units: int
    units_used: int
    tile: list[int] | None = Field(
        description="rows and columns of the result that a piece computes: a CTA's tile, a cache block, a pass of the array"
    )
    tiles: int
    waves: int
    resident: int = Field(description="pieces on a unit at a time")
    alignment: float = Field(description="useful over executed arithmetic, padding counted")
    compute_s: float
    memory_s: float
    dram_bytes: float
    cache_bytes: float
    fallback: bool = Field(description="the device does not run it")


class ParallelismRecord(_Record):
    """`batch · channel · spatial` results are independent, each of `reduction` terms."""

    batch: int
    channel: int
    spatial: int
    reduction: int


class OperatorRecord(_Record):
    """An operator inside a subgraph. Under autocast the casts are operators of kind `cast`."""

    name: str
    kind: str
    file: str | None = Field(
        description="the analysed file as it was named, or that of the innermost line outside PyTorch"
    )
    line: int | None = Field(description="the innermost line of that file which led to the operator")
    macs: int
    flops: int
    bytes: float = Field(description="what it would read and write as a kernel of its own")
    parallelism: ParallelismRecord
    edp_share: float = Field(description="½(eᵢ/E + tᵢ/T); the shares of all operators sum to 1")
    algorithm: str | None = Field(
        default=None,
        description="of attention on a GPU: `flash`, `cudnn`, `memory-efficient` or `math`, with what forbids a faster one",
    )


class SubgraphRecord(_Record):
    """One kernel."""

    id: int
    name: str
    pattern: str = Field(description="kinds of its operators, as conv2d+batch_norm+relu")
    ends: list[str] = Field(description="why it ends where it does, as `several operators read its result`")
    bytes: float
    bytes_saved: float = Field(description="against its operators as kernels of their own")
    stage: int = Field(description="kernels of one stage do not wait for each other")
    threads: int = Field(description="independent results of its leading operator")
    allocation: AllocationRecord
    fusion: FusionRecord
    precision: str = Field(description="what its leading operator computes in: differs between kernels under autocast")
    bottleneck: Literal["compute", "memory", "launch"]
    latency_s: float
    energy_j: float
    edp_share: float = Field(description="½(eᵢ/E + tᵢ/T); the shares of all kernels sum to 1")
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

    model: str = Field(description="its class")
    contains: list[str] = Field(description="classes of the analysed file that ran inside the model")
    target: str
    hardware: str
    precision: str = Field(description="as asked; `amp` and `amp-bf16` are FP32 weights under `torch.autocast`")
    mode: str
    batch: int
    inputs: list[InputRecord]
    assumptions: list[str] = Field(description="what nobody stated or measured")
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
