"""The shape of a device file.

Every number is a :class:`Figure`; read ``figure.si`` for SI units. All peaks are dense (never 2:4 sparse) and count a
multiply-add as two operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from .figure import (
    GRADES,
    Bandwidth,
    Count,
    Duration,
    EnergyPerByte,
    EnergyPerFlop,
    Figure,
    FlopPerClock,
    Fraction,
    Frequency,
    Grade,
    Rate,
    Size,
    Watts,
    Width,
)
from .precision import Precision

__all__ = [
    "Compute",
    "Cpu",
    "Efficiency",
    "Energy",
    "Figure",
    "Gpu",
    "Grade",
    "HardwareProfile",
    "Kind",
    "Launch",
    "Memory",
    "Power",
]

Kind = Literal["gpu", "cpu", "tpu", "kpu", "npu"]


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


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Compute(_Table):
    """Peaks of the whole chip at *clock*; *matrix* at *matrix_clock* where the two differ."""

    units: Count
    clock: Frequency
    matrix_clock: Frequency | None = None
    vector: Mapping[PrecisionKey, Rate] = Field(min_length=1)
    matrix: Mapping[PrecisionKey, Rate] = {}


class Memory(_Table):
    """DRAM and on-chip memories. *llc*: L2 of a GPU, L3 of a CPU. *l2_size*: all L2 of a CPU. *l1_size*: per SM or
    core. *llc_effective*: the working set up to which llc_bandwidth was seen to hold."""

    dram_size: Size
    dram_bandwidth: Bandwidth
    llc_size: Size
    llc_bandwidth: Bandwidth | None = None
    llc_effective: Size | None = None
    l2_size: Size | None = None
    l1_size: Size


class Gpu(_Table):
    """Limits of one SM."""

    warp_size: Count
    max_threads_per_sm: Count
    max_warps_per_sm: Count
    max_blocks_per_sm: Count
    registers_per_sm: Count
    shared_memory_per_sm: Size
    tensor_cores_per_sm: Count
    fp32_lanes_per_sm: Count


class Cpu(_Table):
    """Cores by kind. Efficiency cores are described here and counted in no peak."""

    cores_performance: Count
    cores_efficiency: Count
    vector_bits: Width
    flops_per_clock_performance: FlopPerClock | None = None
    flops_per_clock_efficiency: FlopPerClock | None = None
    clock_efficiency: Frequency | None = None


class Launch(_Table):
    """Fixed time of a kernel: between dependent kernels of a stream, inside a CUDA graph; and the CPU time PyTorch
    eager spends on an operator. On a CPU, a kernel is a parallel region."""

    kernel_stream: Duration
    kernel_graph: Duration
    eager_dispatch: Duration


class Power(_Table):
    """*tdp*: the sustained limit. *static*: the floor while something runs, which no operation is charged for."""

    tdp: Watts
    static: Watts


class Energy(_Table):
    """Energy above the static floor, per operation and per DRAM byte (the whole path from DRAM to the registers)."""

    dram_byte: EnergyPerByte
    llc_byte: EnergyPerByte | None = None
    vector: Mapping[PrecisionKey, EnergyPerFlop] = Field(min_length=1)
    matrix: Mapping[PrecisionKey, EnergyPerFlop] = {}


class Efficiency(_Table):
    """Fractions of peak that are reached. *matrix*: of the matrix peak by the best large GEMM. *convolution*: the same
    by convolutions and GEMMs inside models, before padding to tiles. *depthwise*: of the FP32 vector peak by depthwise
    convolutions. *dram*: of DRAM bandwidth by streaming kernels, counting the bytes the operator reads and writes."""

    matrix: Fraction
    convolution: Fraction | None = None
    depthwise: Fraction | None = None
    dram: Fraction


class HardwareProfile(_Table):
    """One device, as read from ``devices/<id>.toml``."""

    id: Slug
    name: Text
    vendor: Text
    kind: Kind
    architecture: Text
    family: Slug
    note: str = ""
    compute: Compute
    memory: Memory
    gpu: Gpu | None = None
    cpu: Cpu | None = None
    launch: Launch
    power: Power
    energy: Energy
    efficiency: Efficiency

    def __hash__(self) -> int:
        # Equal profiles have equal ids; the generated hash would fail on the precision tables.
        return hash(self.id)

    @model_validator(mode="after")
    def _has_the_table_of_its_kind(self) -> HardwareProfile:
        if (self.kind == "gpu") != (self.gpu is not None):
            raise ValueError("a [gpu] table belongs to kind = 'gpu', and only to it")
        if (self.kind == "cpu") != (self.cpu is not None):
            raise ValueError("a [cpu] table belongs to kind = 'cpu', and only to it")
        return self

    def peak_flops(self, precision: Precision, matrix: bool) -> float | None:
        """Return the dense peak in FLOP/s (OP/s for integers), or None when the device cannot compute in *precision*.

        With *matrix*, the matrix unit's peak where it has one for this precision, else the vector peak. TF32 without
        a matrix unit for it is plain FP32.
        """
        figure = self.compute.matrix.get(precision) if matrix else None
        figure = figure or self.compute.vector.get(precision)
        if figure is None and precision is Precision.TF32:
            figure = self.compute.vector.get(Precision.FP32)
        return None if figure is None else figure.si

    def supports(self, precision: Precision) -> bool:
        """Return whether any unit of the device computes in *precision*."""
        return self.peak_flops(precision, matrix=True) is not None

    def energy_per_flop(self, precision: Precision, matrix: bool) -> float:
        """Return the energy of one operation in J, above the static floor and without memory traffic.

        It follows the unit :meth:`peak_flops` chooses. A precision with a peak and no energy figure is scaled from
        the unit's first figure by the ratio of peaks; one the device does not support costs what the vector unit's
        first precision costs, times its width when it is wider (it is emulated).
        """
        if matrix and precision in self.compute.matrix:
            energy = _energy(self.energy.matrix, self.compute.matrix, precision)
            if energy is not None:
                return energy
        if precision is Precision.TF32:
            precision = Precision.FP32
        energy = _energy(self.energy.vector, self.compute.vector, precision)
        if energy is not None:
            return energy
        reference, figure = next(iter(self.energy.vector.items()))
        return figure.si * max(1.0, precision.bytes / reference.bytes)

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Yield every figure with its dotted path, such as ``compute.vector.fp32``."""
        return _walk("", self)

    def assumptions(self) -> tuple[str, ...]:
        """Return the dotted paths of the figures that are assumptions."""
        return tuple(path for path, figure in self.figures() if figure.assumed)

    def weakest_grade(self) -> Grade:
        """Return the lowest grade among all figures."""
        grades: list[Grade] = [figure.grade for _, figure in self.figures()]
        return max(grades, key=GRADES.index)

    @property
    def provenance(self) -> str:
        """Where the figures come from, as ``"datasheet and measured figures; energy derived"``."""
        kinds = {"energy": dict[str, None](), "rest": dict[str, None]()}
        for path, figure in self.figures():
            group = "energy" if path.startswith(("energy.", "power.static")) else "rest"
            kinds[group][_origin(figure)] = None
        return f"{_listed(kinds['rest'])} figures; energy {_listed(kinds['energy'])}"


_ORIGINS: dict[Grade, str] = {
    "A": "datasheet",
    "B": "datasheet",
    "M": "measured",
    "D": "derived",
    "C": "unverified",
    "X": "design-target",
}
_ORDER = ("datasheet", "measured", "derived", "unverified", "design-target", "assumed")


def _origin(figure: Figure) -> str:
    return "assumed" if figure.assumed else _ORIGINS[figure.grade]


def _listed(words: Mapping[str, None]) -> str:
    ordered = sorted(words, key=_ORDER.index)
    return " and ".join(filter(None, [", ".join(ordered[:-1]), ordered[-1]]))


def _energy(
    energies: Mapping[Precision, Figure], peaks: Mapping[Precision, Figure], precision: Precision
) -> float | None:
    """Return J per operation from the table, scaled by the ratio of peaks when the table lacks *precision*."""
    if precision in energies:
        return energies[precision].si
    reference = next((known for known in energies if known in peaks), None)
    if reference is None or precision not in peaks:
        return None
    return energies[reference].si * peaks[reference].si / peaks[precision].si


def _walk(path: str, value: object) -> Iterator[tuple[str, Figure]]:
    if isinstance(value, Figure):
        yield path, value
        return
    if isinstance(value, _Table):
        children = {name: cast("object", getattr(value, name)) for name in type(value).model_fields}
    elif isinstance(value, Mapping):
        children = {str(key): child for key, child in cast("Mapping[object, object]", value).items()}
    else:
        return
    for name, child in children.items():
        yield from _walk(f"{path}.{name}" if path else name, child)
