import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphperf.analysis.report import units

FACTORS = {"p": 1e-12, "n": 1e-9, "µ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (units.seconds(5.2e-6), "5.2 µs"), (units.seconds(4.1e-4), "410 µs"), (units.seconds(0), "0 s"),
        (units.seconds(1.5), "1.5 s"), (units.seconds(0.0009996), "1 ms"), (units.seconds(1e-15), "0.001 ps"),
        (units.joules(0.00113), "1.13 mJ"), (units.edp(25e-6), "25 µJ·s"), (units.data(1_926_000), "1.93 MB"),
        (units.data(0), "0 B"), (units.data(999.6), "1 kB"), (units.large(118_013_952, "MAC"), "118 MMAC"),
        (units.large(11_689_512, ""), "11.7 M"), (units.large(1.2e16, "FLOP"), "12000 TFLOP"),
        (units.percent(0.0613), "6.1 %"), (units.percent(0.31), "31 %"), (units.percent(0.0004), "<0.1 %"),
        (units.percent(0), "0.0 %"), (units.percent(0.0996), "10 %"), (units.percent(1), "100 %"),
        (units.shape((64, 112, 112)), "64×112×112"), (units.shape(()), "scalar"), (units.three_digits(294.7), "295"),
        (units.three_digits(0.01234), "0.0123"), (units.three_digits(123456), "123000"),
    ],
)  # fmt: skip
def test_examples(text: str, expected: str) -> None:
    assert text == expected


def digits(number: str) -> int:
    """Significant digits: without leading zeros, and without the trailing zeros of a whole number."""
    mantissa = number.partition("e")[0].lstrip("-")
    whole = mantissa.replace(".", "").lstrip("0")
    return len(whole if "." in mantissa else whole.rstrip("0"))


@given(st.floats(1e-12, 1e15), st.sampled_from([units.small, units.large]))
def test_at_most_three_digits_and_close_to_the_value(value: float, scale) -> None:
    text = scale(value, "s")
    match = re.fullmatch(r"([0-9.]+(?:e-?[0-9]+)?) ([pnµmkMGT]?)s", text)
    assert match is not None, text
    assert digits(match[1]) <= 3
    assert float(match[1]) * FACTORS[match[2]] == pytest.approx(value, rel=0.0051)


@given(st.floats(1e-12, 999), st.sampled_from([units.small, units.large]))
def test_figures_between_the_prefixes_stay_below_a_thousand(value: float, scale) -> None:
    number = float(scale(value, "s").partition(" ")[0])
    assert number < 1000


@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9))
def test_rounding_keeps_the_order(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert float(units.three_digits(low)) <= float(units.three_digits(high))


@given(st.floats(0, 1))
def test_percentages(share: float) -> None:
    text = units.percent(share)
    if text == "<0.1 %":
        assert 0 < share < 0.001
        return
    number = text.removesuffix(" %")
    assert digits(number) <= 3
    assert float(number) / 100 == pytest.approx(share, abs=0.0051 if float(number) >= 10 else 0.00051)
