"""Figures with units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphperf.analysis.report import units as written
from graphperf.analysis.study.quantities import parse_quantity
from graphperf.hardware_profiles import units


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("5ms", "s", 5e-3), (" 5 ms ", "s", 5e-3), ("250us", "s", 2.5e-4), ("250 µs", "s", 2.5e-4), ("1.5s", "s", 1.5),
        (".5s", "s", 0.5), ("1e-3 s", "s", 1e-3), ("30W", "W", 30), ("500 mW", "W", 0.5), ("8GB", "B", 8e9),
        ("8GiB", "B", 8 * 2**30), ("512 MB", "B", 512e6), ("64 kB", "B", 64e3), ("200/s", "1/s", 200), ("2e3 /s", "1/s", 2000),
    ],
)  # fmt: skip
def test_read(text, dimension, value) -> None:
    assert parse_quantity(text, dimension) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "dimension", "message"),
    [
        ("5", "s", "'5' has no unit; give it as 5ms"),
        ("fast", "s", "'fast' is not a time such as 5ms"),
        ("", "s", "'' is not a time"),
        ("5GB", "s", "'5GB' is not a time such as 5ms"),
        ("5 sec", "s", "unknown unit 'sec'; did you mean s"),
        ("8 gb", "B", "unknown unit 'gb'"),
        ("-3ms", "s", "must be above 0"),
        ("0W", "W", "must be above 0"),
        ("1e999s", "s", "must be above 0 and finite"),
        ("nan s", "s", "is not a time"),
        ("200", "1/s", "has no unit; give it as 200/s"),
        ("5/s", "s", "unknown unit '/s'"),
        ("1_000ms", "s", "unknown unit '_000ms'"),
    ],
)
def test_refused(text, dimension, message) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse_quantity(text, dimension)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.floats(1e-9, 1e6), st.sampled_from(["s", "W", "B"]), st.data())
def test_every_unit_and_back(value, dimension, data) -> None:
    names = [name for name in units._UNITS if units.dimension(name) == dimension]
    unit = data.draw(st.sampled_from(names))
    assert parse_quantity(f"{value!r} {unit}", dimension) / units.factor(unit) == pytest.approx(value)


@given(st.floats(1e-9, 900))
def test_what_reports_write_can_be_read(value) -> None:
    assert parse_quantity(written.seconds(value), "s") == pytest.approx(value, rel=6e-3)


@given(st.floats(1, 9e14))
def test_sizes_in_reports_can_be_read(value) -> None:
    assert parse_quantity(written.data(value), "B") == pytest.approx(value, rel=6e-3)
