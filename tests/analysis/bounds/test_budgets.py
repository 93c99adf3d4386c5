"""`[tool.graphperf.budgets]`: figures with units, and what is said of those that cannot be read."""

import pytest

from graphperf.analysis.bounds.budgets import Bound, budgets_in
from graphperf.analysis.discovery import UsageError

NAME = "model.py::Net"


def bound(quantity: str, text: object) -> Bound:
    (found,) = budgets_in({"budgets": {NAME: {quantity: text}}})[NAME]
    return found


@pytest.mark.parametrize(
    ("quantity", "text", "most"),
    [
        ("latency", "2 ms", 2e-3),
        ("latency", "2ms", 2e-3),
        ("latency", " 1.5 s ", 1.5),
        ("latency", "250 us", 250e-6),
        ("latency", "250 µs", 250e-6),  # U+00B5 micro sign
        ("latency", "250 μs", 250e-6),  # U+03BC Greek mu
        ("latency", "1e-3 s", 1e-3),
        ("energy", "50 mJ", 50e-3),
        ("energy", "3 nJ", 3e-9),
        ("edp", "100 µJ·s", 100e-6),
        ("edp", "100 uJ*s", 100e-6),
        ("edp", "0.5 mJ s", 0.5e-3),
        ("edp", "2 Js", 2.0),
        ("peak-memory", "800 MB", 800e6),
        ("peak-memory", "1.5 GiB", 1.5 * 2**30),
        ("peak-memory", "512 KiB", 512 * 2**10),
        ("peak-memory", "4 kB", 4e3),
        ("peak-memory", "17 B", 17.0),
    ],
)
def test_figures_with_units(quantity: str, text: str, most: float) -> None:
    found = bound(quantity, text)
    assert (found.quantity, found.hardware) == (quantity, None)
    assert found.most == pytest.approx(most, rel=1e-12)


@pytest.mark.parametrize("text", ["2 ms@h100-sxm5-80gb", "2 ms @ h100-sxm5-80gb "])
def test_a_device(text: str) -> None:
    assert bound("latency", text) == Bound("latency", 2e-3, "h100-sxm5-80gb")


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        ("latency", "2"), ("latency", "ms"), ("latency", "2 mJ"), ("latency", "2 kms"), ("latency", "-2 ms"),
        ("latency", "1.2.3 ms"), ("latency", ". s"), ("latency", 2), ("latency", None), ("latency", "2 ms h100"),
        ("energy", "2 MJ"), ("edp", "2 J"), ("peak-memory", "2 mB"), ("peak-memory", "2 MiBs"), ("latency", "infs"),
    ],
)  # fmt: skip
def test_what_is_no_figure_with_its_unit(quantity: str, text: object) -> None:
    with pytest.raises(UsageError) as raised:
        bound(quantity, text)
    start = f'pyproject.toml: [tool.graphperf.budgets] "{NAME}": {quantity} must be a figure with its unit, as "'
    assert str(raised.value).startswith(start)
    assert str(raised.value).endswith(f"not {text!r}")


@pytest.mark.parametrize(
    ("budgets", "message"),
    [
        ({NAME: {"latencey": "2 ms"}}, f'budgets] "{NAME}": latencey is no budget; did you mean latency?'),
        ({NAME: {"x": "2 ms"}}, f'budgets] "{NAME}": x is no budget; latency, energy, edp, peak-memory'),
        ({NAME: "2 ms"}, f'budgets] "{NAME}" must be a table, as {{latency = "2 ms@h100-sxm5-80gb"}}, not \'2 ms\''),
        (["2 ms"], "] budgets must be a table"),
    ],
)
def test_what_is_no_budget(budgets: object, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        budgets_in({"budgets": budgets})
    assert message in str(raised.value)


def test_several_bounds_of_several_models() -> None:
    found = budgets_in({"budgets": {"a.py::A": {"latency": "1 s", "energy": "1 J"}, "b.py::B": {}}})
    assert found == {"a.py::A": (Bound("latency", 1.0), Bound("energy", 1.0)), "b.py::B": ()}
    assert budgets_in({}) == {}
