"""Candidates under limits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphperf.analysis.numerics import parse_numerics
from graphperf.analysis.report.recommendation import render, verdict
from graphperf.analysis.study import Grid, Point, Subject, evaluate_points
from graphperf.analysis.study.recommend import OBJECTIVES, Limits, recommend, violations
from graphperf.hardware_profiles import profile

BASE = Point(
    model="net", target="net.py::net", hardware="a", precision="fp32", mode="eager", batch=1, what_if="",
    latency_s=2e-3, latency_low_s=1e-3, latency_high_s=3e-3, energy_j=0.1, energy_low_j=0.05, energy_high_j=0.2,
    edp_js=2e-4, throughput_per_s=500, power_w=50, tdp_w=100, peak_memory_bytes=1e9, capacity_bytes=8e9, fits=True,
    utilization=0.5, bottleneck="memory", launch_share=0.2, memory_share=0.7, compute_share=0.1, energy_compute_j=0.03,
    energy_memory_j=0.05, energy_static_j=0.02, macs=1e9, flops=2e9, dram_bytes=1e8, kernels=10,
)  # fmt: skip


def _point(hardware, latency=2e-3, energy=0.1, batch=1, memory=1e9):
    return replace(
        BASE, hardware=hardware, batch=batch, latency_s=latency, energy_j=energy, edp_js=latency * energy,
        throughput_per_s=batch / latency, power_w=energy / latency, peak_memory_bytes=memory,
    )  # fmt: skip


def test_the_limits_exclude_and_the_objective_ranks() -> None:
    fast, frugal, late, hungry = (
        _point("fast", 1e-3, 0.02), _point("frugal", 4e-3, 0.01), _point("late", 8e-3, 0.001), _point("hungry", 1e-4, 0.02)
    )  # fmt: skip
    points = [frugal, late, hungry, fast]
    limits = Limits(latency_s=5e-3, power_w=30)
    found = recommend(points, limits, "latency")
    assert [row.point.hardware for row in found.ranked] == ["fast", "frugal", "late", "hungry"]
    assert [row.point.hardware for row in found.winners] == ["fast"]
    assert [row.point.hardware for row in recommend(points, limits, "energy").winners] == ["frugal"]
    assert [verdict(row, "latency") for row in found.ranked] == [
        "best",
        "latency 4 times the best",
        "latency 60 % over the limit",
        "power 6.67 times the limit",
    ]


def test_every_limit_is_checked_by_how_much() -> None:
    point = _point("x", 2e-3, 0.1, memory=9e9)
    found = violations(point, Limits(latency_s=1e-3, power_w=40, memory_bytes=3e9, throughput_per_s=1000))
    assert {violation.figure: violation.factor for violation in found} == pytest.approx(
        {"latency": 2, "power": 1.25, "memory": 3, "capacity": 1.125, "throughput": 2}
    )
    assert violations(replace(point, peak_memory_bytes=1e9), Limits()) == ()


def test_batches_compete_by_the_sample() -> None:
    one, eight = _point("x", 1e-3, 0.01), _point("x", 2e-3, 0.04, batch=8)
    for objective in OBJECTIVES:
        (winner,) = recommend([one, eight], Limits(), objective).winners
        assert winner.point.batch == (1 if objective == "latency" else 8), objective


def test_equal_candidates_win_together() -> None:
    assert len(recommend([_point("x"), _point("y")], Limits(), "edp").winners) == 2


def test_nothing_keeps_the_limits() -> None:
    found = recommend([_point("x", 1e-2), _point("y", 2e-2)], Limits(latency_s=1e-3), "edp")
    assert found.winners == ()
    text = render([found], [], "text", everything=False)
    assert "No candidate keeps the limits. Nearest: x · fp32 · eager · batch 1, latency 10 times the limit." in text
    assert "0 of 2 candidates keep the limits" in text


def test_a_long_table_is_cut() -> None:
    found = recommend([_point(f"device-{n}", n * 1e-3) for n in range(1, 31)], Limits(), "edp")
    assert "… and 10 candidates more (--all)" in render([found], [], "text", everything=False)
    assert "device-30" in render([found], [], "markdown", everything=True)


@given(st.lists(st.tuples(st.floats(1e-6, 1), st.floats(1e-6, 10)), min_size=1, max_size=20), st.floats(1e-6, 1))
def test_no_winner_breaks_a_limit_and_none_is_beaten(figures, limit) -> None:
    points = [_point(str(index), *pair) for index, pair in enumerate(figures)]
    found = recommend(points, Limits(latency_s=limit), "energy")
    kept = [point for point in points if point.latency_s <= limit]
    assert bool(found.winners) == bool(kept)
    for winner in found.winners:
        assert winner.point.energy_j == min(point.energy_j for point in kept)
    assert len(found.ranked) == len(points)


def test_the_same_under_another_name_counts_once(zoo) -> None:
    devices = [profile(name) for name in ("kpu-t768", "kpu-t768@60w", "kpu-t768@30w")]
    grid = Grid(devices, [parse_numerics("int8")], ("eager", "compiled"))
    points = evaluate_points([Subject("resnet18", "", {1: zoo.graph("resnet18")})], grid)
    found = recommend(points, Limits(), "edp")
    assert len(points) == 6
    assert [(r.point.hardware, r.point.mode) for r in found.ranked] == [
        ("kpu-t768", "eager"),
        ("kpu-t768@30w", "eager"),
    ]
