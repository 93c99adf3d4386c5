"""One number with its unit, its source and how far the source can be trusted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from . import units

Grade = Literal["A", "B", "M", "D", "C", "X"]
"""A vendor text read · B third-party compilation read · M measured · D derived or assumed · C named vendor text, not
read · X design target. Strongest first."""

GRADES: tuple[Grade, ...] = ("A", "B", "M", "D", "C", "X")

ASSUMPTION = "assumption:"


class Figure(BaseModel):
    """A value in *unit* as the *source* states it; ``si`` is the same in SI units."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    value: float = Field(ge=0, allow_inf_nan=False)
    unit: Annotated[str, AfterValidator(units.check_unit)]
    source: str = Field(min_length=3)
    grade: Grade
    note: str = ""

    @property
    def si(self) -> float:
        """The value in SI base units: B, B/s, FLOP/s, Hz, s, W, J/FLOP, J/B; counts and ratios as they are."""
        return self.value * units.factor(self.unit)

    @property
    def dimension(self) -> str:
        """The unit of ``si``."""
        return units.dimension(self.unit)

    @property
    def assumed(self) -> bool:
        """Whether nobody measured or published this value."""
        return self.source.startswith(ASSUMPTION)

    @model_validator(mode="after")
    def _assumptions_are_graded_low(self) -> Figure:
        if self.assumed and self.grade not in ("D", "C"):
            raise ValueError(f"an assumption has grade D or C, not {self.grade}")
        return self


def _of(*dimensions: str) -> AfterValidator:
    """Accept figures of these dimensions only: a bandwidth given in W is a mistake in the file."""

    def check(figure: Figure) -> Figure:
        if figure.dimension not in dimensions:
            raise ValueError(f"unit {figure.unit!r} is not a multiple of {' or '.join(dimensions)}")
        return figure

    return AfterValidator(check)


def _positive(figure: Figure) -> Figure:
    # Time is work over these: at 0, nothing would ever end.
    if not figure.value > 0:
        raise ValueError(f"{figure.value} {figure.unit} is not above 0")
    return figure


def _fraction(figure: Figure) -> Figure:
    # Above 1 is possible (clocks above the boost clock of the datasheet), 80 is a percentage by mistake.
    if not 0 < figure.value <= 1.5:
        raise ValueError(f"{figure.value} is not a fraction of a peak")
    return figure


Rate = Annotated[Figure, _of("FLOP/s"), AfterValidator(_positive)]
Bandwidth = Annotated[Figure, _of("B/s"), AfterValidator(_positive)]
Size = Annotated[Figure, _of("B")]
Frequency = Annotated[Figure, _of("Hz"), AfterValidator(_positive)]
Duration = Annotated[Figure, _of("s")]
Watts = Annotated[Figure, _of("W")]
EnergyPerFlop = Annotated[Figure, _of("J/FLOP")]
EnergyPerByte = Annotated[Figure, _of("J/B")]
Count = Annotated[Figure, _of("count")]
Units = Annotated[Count, AfterValidator(_positive)]
Cycles = Annotated[Figure, _of("clk")]
Width = Annotated[Figure, _of("bit")]
FlopPerClock = Annotated[Figure, _of("FLOP/clk"), AfterValidator(_positive)]
Fraction = Annotated[Figure, _of("1"), AfterValidator(_fraction)]
