"""Figures as people read them: a unit, at most three significant digits."""

from __future__ import annotations

from collections.abc import Sequence

_SMALL = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))
# Below it, what is left of a difference of two sums.
_ROUNDING = 1e-15
_LARGE = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))


def three_digits(value: float) -> str:
    """`0.0123`, `1.23`, `12.3`, `123`: no more digits than are worth reading."""
    if value == 0:
        return "0"
    text = f"{value:.3g}"
    return f"{float(text):.0f}" if "e" in text and abs(value) >= 1 else text


def small(value: float, unit: str) -> str:
    """A figure at or below one: seconds, joules, J·s."""
    return _scaled(value, unit, _SMALL)


def large(value: float, unit: str) -> str:
    """A figure at or above one: bytes, FLOPs, MACs."""
    return _scaled(value, unit, _LARGE)


def _scaled(value: float, unit: str, steps: Sequence[tuple[float, str]]) -> str:
    if abs(value) < _ROUNDING:
        return f"0 {unit}".rstrip()
    for factor, prefix in steps:
        if abs(value) >= factor * 0.9995:
            return f"{three_digits(value / factor)} {prefix}{unit}".rstrip()
    factor, prefix = steps[-1]
    return f"{three_digits(value / factor)} {prefix}{unit}".rstrip()


def seconds(value: float) -> str:
    """`5.2 µs`, `0.41 ms` stays `410 µs`."""
    return small(value, "s")


def joules(value: float) -> str:
    """`1.1 mJ`."""
    return small(value, "J")


def edp(value: float) -> str:
    """`25 µJ·s`."""
    return small(value, "J·s")


def data(value: float) -> str:
    """`1.9 MB` (10⁶ bytes)."""
    return large(value, "B")


def percent(share: float) -> str:
    """`6.1 %`, `31 %`, `<0.1 %`."""
    value = 100 * share
    if 0 < value < 0.1:
        return "<0.1 %"
    return f"{value:.1f} %" if value < 9.95 else f"{value:.0f} %"


def changed(base: float | None, value: float, unit: str) -> str:
    """`0.43 ms`, or against a base `1.21 ms → 0.43 ms, −64 %`."""
    if base is None:
        return small(value, unit)
    return f"{small(base, unit)} → {small(value, unit)}, {difference(base, value)}"


def difference(base: float, value: float) -> str:
    """`−64 %`, `+5.2 %`, `±0 %`."""
    share = value / base - 1 if base else 0.0
    if abs(share) < 5e-4:
        return "±0 %"
    return f"{'−' if share < 0 else '+'}{percent(abs(share))}"


def count(number: int, thing: str) -> str:
    """`1 kernel`, `2 kernels`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def shape(sizes: Sequence[int]) -> str:
    """`64×112×112`."""
    return "×".join(str(size) for size in sizes) or "scalar"
