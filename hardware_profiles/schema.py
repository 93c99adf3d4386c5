"""A device, as its file describes it.

Every number is a :class:`Figure`; read ``figure.si`` for SI units. All peaks are dense (never 2:4 sparse) and count a
multiply-add as two operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, cast

from pydantic import Field, model_validator

from .figure import GRADES, Figure, Grade
from .precision import Precision
from .tables import (
    Compute,
    Cpu,
    Efficiency,
    Energy,
    Fallback,
    Gpu,
    Kpu,
    Launch,
    Memory,
    Npu,
    Power,
    Slug,
    Table,
    Text,
    TileType,
    Tpu,
)

__all__ = [
    "Compute",
    "Cpu",
    "Efficiency",
    "Energy",
    "Fallback",
    "Figure",
    "Gpu",
    "Grade",
    "HardwareProfile",
    "Kind",
    "Kpu",
    "Launch",
    "Memory",
    "Npu",
    "Power",
    "TileType",
    "Tpu",
]

Kind = Literal["gpu", "cpu", "tpu", "kpu", "npu"]
KINDS: tuple[Kind, ...] = ("gpu", "cpu", "tpu", "kpu", "npu")
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(@[a-z0-9]+(-[a-z0-9]+)*)?$")]


class HardwareProfile(Table):
    """One device, as read from ``devices/<id>.toml``.

    *variants* names its other power modes, each a profile of its own with the id ``<id>@<variant>``.
    """

    id: Id
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
    tpu: Tpu | None = None
    kpu: Kpu | None = None
    npu: Npu | None = None
    launch: Launch
    power: Power
    energy: Energy
    efficiency: Efficiency
    variants: tuple[str, ...] = ()

    def __hash__(self) -> int:
        # Equal profiles have equal ids; the generated hash would fail on the precision tables.
        return hash(self.id)

    @model_validator(mode="after")
    def _has_the_table_of_its_kind(self) -> HardwareProfile:
        for kind in KINDS:
            if (self.kind == kind) != (getattr(self, kind) is not None):
                raise ValueError(f"a [{kind}] table belongs to kind = {kind!r}, and only to it")
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

    @property
    def calibrated(self) -> bool:
        """Whether the rates that matrix products reach were fitted to measurements of this device; of a CPU those of
        convolutions as well, whose library is another one."""
        if self.cpu is not None:
            rates = (self.cpu.rates.get(work) for work in ("matmul", "convolution"))
            return all(figure is not None and figure.grade == "M" for figure in rates)
        products = (self.efficiency.convolution, self.efficiency.vector_matmul)
        return any(figure is not None and figure.grade == "M" for figure in products)

    @property
    def energy_calibrated(self) -> bool:
        """Whether the floor of power and the energy of FP32 arithmetic were fitted to measurements of this device."""
        fp32 = self.energy.vector.get(Precision.FP32)
        return self.power.static.grade == "M" and fp32 is not None and fp32.grade == "M"

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
    if isinstance(value, Table):
        children = {name: cast("object", getattr(value, name)) for name in type(value).model_fields}
    elif isinstance(value, Mapping):
        children = {str(key): child for key, child in cast("Mapping[object, object]", value).items()}
    else:
        return
    for name, child in children.items():
        yield from _walk(f"{path}.{name}" if path else name, child)
