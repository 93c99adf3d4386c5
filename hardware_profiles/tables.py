"""The tables of a device file.

Every number is a :class:`Figure`; read ``figure.si`` for SI units. All peaks are dense (never 2:4 sparse) and count a
multiply-add as two operations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from .figure import (
    Bandwidth,
    Count,
    Cycles,
    Duration,
    EnergyPerByte,
    EnergyPerFlop,
    FlopPerClock,
    Fraction,
    Frequency,
    Rate,
    Size,
    Units,
    Watts,
    Width,
)
from .precision import Precision


def _precision(key: object) -> Precision:
    """Read a table key; aliases are refused, or a file could name one precision twice."""
    if isinstance(key, Precision):
        return key
    precision = Precision.parse(str(key))
    if precision.value != key:
        raise ValueError(f"{key!r} is spelled {precision.value} in a profile")
    return precision


PrecisionKey = Annotated[Precision, BeforeValidator(_precision)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, Field(min_length=1)]


class Table(BaseModel):
    """What all tables share: no unknown fields, no changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Compute(Table):
    """Peaks of the whole chip at *clock*; *matrix* at *matrix_clock* where the two differ."""

    units: Units
    clock: Frequency
    matrix_clock: Frequency | None = None
    vector: Mapping[PrecisionKey, Rate] = Field(min_length=1)
    matrix: Mapping[PrecisionKey, Rate] = {}


class Memory(Table):
    """DRAM and on-chip memories. *llc*: what all units share, or the sum of what each has when they share nothing: L2 of
    a GPU, L3 of a CPU, CMEM or else all VMEM of a TPU, the distributed L3 of a KPU, the SRAM of an NPU. *l2_size*,
    *l2_bandwidth*: all L2 of a CPU. *l1_size*: per SM, core, tile. *llc_effective*: the working set up to which
    llc_bandwidth was seen to hold. A device without DRAM has the host's memory behind its link here, and its note says
    so."""

    dram_size: Size
    dram_bandwidth: Bandwidth
    llc_size: Size
    llc_bandwidth: Bandwidth | None = None
    llc_effective: Size | None = None
    l2_size: Size | None = None
    l2_bandwidth: Bandwidth | None = None
    l1_size: Size


class Gpu(Table):
    """Limits of one SM (AMD: CU, whose warps are wavefronts)."""

    warp_size: Count
    max_threads_per_sm: Count
    max_warps_per_sm: Count
    max_blocks_per_sm: Count
    registers_per_sm: Count
    shared_memory_per_sm: Size
    shared_memory_per_block: Size | None = None
    tensor_cores_per_sm: Count
    fp32_lanes_per_sm: Count


class Cpu(Table):
    """Cores by kind. Efficiency cores are described here and counted in no peak. *numa_nodes*: of all sockets together, which
    the other figures count too. *numa_bandwidth*: the fraction of the nodes' DRAM bandwidth that is left when every core
    reads memory that is spread over them.

    *rates*: operations a second in FP32, as the cost functions count them, of all cores in kernels of a class of work
    (``analysis/mapping/cpu_work.py`` has the classes). *bandwidths*: bytes a second of classes that stream less well than
    the memory allows; ``reorder``: of what convolutions bring into blocks and back; ``weights``: of the weights of those whose
    activations stay as they are; ``fresh``: of pages that the system hands out anew for results too large for the allocator
    to keep. *dispatch*: PyTorch's time for an operator of a
    class where it is another than ``launch.eager_dispatch``."""

    cores_performance: Count
    cores_efficiency: Count
    vector_bits: Width
    flops_per_clock_performance: FlopPerClock | None = None
    flops_per_clock_efficiency: FlopPerClock | None = None
    clock_efficiency: Frequency | None = None
    numa_nodes: Count | None = None
    numa_bandwidth: Fraction | None = None
    matrix_unit: Text | None = None
    rates: Mapping[Slug, Rate] = {}
    bandwidths: Mapping[Slug, Bandwidth] = {}
    dispatch: Mapping[Slug, Duration] = {}

    @model_validator(mode="after")
    def _only_several_nodes_lose_bandwidth(self) -> Cpu:
        if self.numa_bandwidth is not None and (self.numa_nodes is None or self.numa_nodes.value < 2):
            raise ValueError("numa_bandwidth belongs to a device of at least two numa_nodes")
        return self


class Tpu(Table):
    """Systolic arrays. *array_size*: rows, which are as many as columns. *weight_load*: cycles until the weights of one
    array are in place. ``compute.units`` counts the arrays of all cores."""

    cores: Count
    arrays_per_core: Count
    array_size: Count
    vmem_per_core: Size
    weight_load: Cycles | None = None


class TileType(Table):
    """Tiles of one kind, and the operations that one of them performs a clock in each precision it computes in."""

    count: Count
    ops_per_clock: Mapping[PrecisionKey, FlopPerClock] = Field(min_length=1)


class Kpu(Table):
    """Tiles by kind, each with an array of processing elements and a scratchpad. ``compute.units`` counts all tiles."""

    array_rows: Count
    array_columns: Count
    scratchpad_per_tile: Size
    link_bandwidth: Bandwidth | None = None
    tiles: Mapping[Slug, TileType] = Field(min_length=1)

    def tiles_for(self, precision: Precision) -> int:
        """Return how many tiles compute in *precision*."""
        return sum(int(tiles.count.si) for tiles in self.tiles.values() if precision in tiles.ops_per_clock)


class Fallback(Table):
    """What computes the operators that an NPU cannot. *device* says in words what it is."""

    device: Text
    rate: Rate
    bandwidth: Bandwidth


class Npu(Table):
    """An accelerator that runs some operators only. *operators*: families of operators (``convolution``) or single
    kinds (``max_pool2d``), as *operators_source* lists them. *host_link*: what operands cross to the fallback and back."""

    operators: tuple[Text, ...] = Field(min_length=1)
    operators_source: Text
    host_link: Bandwidth
    sram: Size | None = None
    fallback: Fallback

    def runs(self, kind: str, family: str) -> bool:
        """Return whether an operator of this kind and family runs here rather than on the fallback."""
        return kind in self.operators or family in self.operators


class Launch(Table):
    """Fixed time of a kernel: between dependent kernels of a stream, inside a CUDA graph; and the CPU time PyTorch
    eager spends on an operator. On a CPU, a kernel is a parallel region."""

    kernel_stream: Duration
    kernel_graph: Duration
    eager_dispatch: Duration


class Power(Table):
    """*tdp*: the sustained limit. *static*: the floor while something runs, which no operation is charged for. *waiting*: the
    floor while the device waits for the host's next kernel, where it is known to be lower."""

    tdp: Watts
    static: Watts
    waiting: Watts | None = None

    @model_validator(mode="after")
    def _something_is_left_for_work(self) -> Power:
        if self.tdp.si <= self.static.si:
            raise ValueError(f"the limit, {self.tdp.si:g} W, is not above the static power, {self.static.si:g} W")
        return self


class Energy(Table):
    """Energy above the static floor, per operation and per DRAM byte (the whole path from DRAM to the registers).
    *llc_byte*, *l1_byte*: the same for a byte that the last-level cache or the local memory holds. *vector_matmul*: an
    FP32 operation of a product on vector units, whose operands come through the local memory and registers."""

    dram_byte: EnergyPerByte
    llc_byte: EnergyPerByte | None = None
    l1_byte: EnergyPerByte | None = None
    vector_matmul: EnergyPerFlop | None = None
    vector: Mapping[PrecisionKey, EnergyPerFlop] = Field(min_length=1)
    matrix: Mapping[PrecisionKey, EnergyPerFlop] = {}


class Efficiency(Table):
    """Fractions of peak that are reached. *matrix*: of the matrix peak by the best large GEMM. *convolution*: the same
    by convolutions and GEMMs inside models, before padding to tiles. *matrix_fp32*: the same by GEMMs in FP32 where the
    matrix unit takes it; convolutions reach as much less as in other precisions. *depthwise*, *vector_matmul*, *elementwise*: of
    the FP32 vector peak by depthwise convolutions, by GEMMs and convolutions on vector units, and by code without
    products. *dram*: of DRAM bandwidth by streaming kernels, counting the bytes the operator reads and writes. *reread*: of
    DRAM bandwidth by GEMMs on vector units that read the longest rows again and again, where L2 was seen to keep few of them."""

    matrix: Fraction
    convolution: Fraction | None = None
    matrix_fp32: Fraction | None = None
    depthwise: Fraction | None = None
    vector_matmul: Fraction | None = None
    elementwise: Fraction | None = None
    reread: Fraction | None = None
    dram: Fraction
