"""Fits: what their parameters are, and that a fit finds the values that made its rows."""

from dataclasses import replace

import pytest

from graphperf.analysis.constants import constant, constant_value, replaced
from graphperf.analysis.report.calibration import render
from graphperf.analysis.study.calibrate.fits import Fit, fits
from graphperf.analysis.study.calibrate.parameters import in_use, with_figures
from graphperf.analysis.study.calibrate.solve import predictions, solve
from graphperf.analysis.study.measured.cases import Case
from graphperf.analysis.study.measured.predict import Ready, ready
from graphperf.hardware_profiles import Precision, profile

V100 = "v100-pcie-32gb"
START = {f"{V100}:efficiency.dram": 0.9, "gpu.softmax_stream.block": 1.0}
FIT = Fit("made up", "neusight", (V100,), START, 100, ("eager",), ("relu", "softmax"), "latency", "te")


def rows(capturer) -> list[Ready]:
    cases = [
        Case("neusight", name, V100, "test", Precision.FP32, "eager", frozenset(), 1, 1.0,
             shape=(("B", float(batch)), ("H", 4096.0)))
        for name in ("relu", "softmax") for batch in range(20_000, 50_000, 1000)
    ]  # fmt: skip
    return [each for each in ready(cases, capturer, print) if isinstance(each, Ready)]


def test_constants_are_replaced_inside_the_block_alone() -> None:
    before = constant("gpu", "tail")
    with replaced({"gpu.tail": 9.0, "gpu.tile_rate.4096": 8.0}):
        assert constant("gpu", "tail") == 9
        assert constant_value("gpu", "tile_rate")["4096"] == 8
        assert constant_value("gpu", "tile_rate")["16384"] == 1
    assert constant("gpu", "tail") == before


def test_figures_change_on_their_device_and_its_power_modes_alone() -> None:
    values = {"jetson-agx-orin-64gb:efficiency.dram": 0.5, "gpu.tail": 1.0}
    assert with_figures(profile("jetson-agx-orin-64gb@50w"), values).efficiency.dram.value == 0.5
    assert with_figures(profile(V100), values) is profile(V100)


@pytest.mark.parametrize("fit", fits(), ids=lambda fit: fit.title)
def test_every_parameter_is_in_use(fit: Fit) -> None:
    assert all(in_use(name) > 0 for name in fit.start)
    assert all(profile(device) for device in fit.devices)


def test_a_table_is_no_figure() -> None:
    with pytest.raises(ValueError, match="efficiency: no figure"):
        in_use(f"{V100}:efficiency")


def test_rows_are_drawn_evenly() -> None:
    case = Case("neusight", "relu", V100, "test", Precision.FP32, "eager", frozenset(), 1, 1.0, shape=(("B", 1.0),))
    many = [replace(case, name=name, batch=i) for i in range(300) for name in ("relu", "softmax", "conv")]
    drawn = FIT.cases(many)
    assert [sum(each.name == name for each in drawn) for name in ("relu", "softmax", "conv")] == [100, 100, 0]
    assert drawn == FIT.cases(list(reversed(many)))
    assert (
        FIT.cases([replace(case, quantity="power"), replace(case, device="t4-16gb"), replace(case, framework="x")])
        == []
    )


def test_a_fit_finds_what_made_its_rows(capturer) -> None:
    truth = {f"{V100}:efficiency.dram": 0.6, "gpu.softmax_stream.block": 0.7}
    empty = rows(capturer)
    measured = [each.value for each in predictions(empty, truth)]
    found = solve(
        FIT, [replace(each, case=replace(each.case, measured=m)) for each, m in zip(empty, measured, strict=True)]
    )
    assert found.values["fitted"] == pytest.approx(truth, rel=0.03)
    fitted, held_out = found.errors["fitted"]
    assert fitted is not None and held_out is not None  # noqa: PT018
    assert held_out.mean < 0.02 < found.errors["start"][1].mean  # pyright: ignore[reportOptionalMemberAccess]
    text = render([found])
    assert "## made up" in text
    assert "| gpu.softmax_stream.block | 1 |" in text


def test_nothing_to_fit_to(capturer) -> None:
    held_out = [each for each in rows(capturer) if each.case.held_out]
    with pytest.raises(ValueError, match="no row"):
        solve(FIT, held_out)
