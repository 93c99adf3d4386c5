"""A fit finds the figures that the measurements were made with."""

import numpy as np
import pytest

from graphperf.analysis.mapping.cpu import in_blocks, level_shares
from graphperf.analysis.measurement.fit import Machine, fit_cpu, least_squares
from graphperf.analysis.measurement.suite import BenchPoint, suite

MACHINE = Machine(2 << 20, 32 << 20, 16)
RATES = {
    "matmul": 90e9, "attention": 70e9, "convolution": 85e9, "pointwise-convolution": 80e9, "depthwise": 60e9, "grouped": 95e9,
    "transcendental": 5e9, "normalization": 12e9, "softmax": 6e9, "batch-norm": 20e9, "reduction": 25e9, "max-pool": 0.3e9,
    "average-pool": 0.6e9,
}  # fmt: skip
LEVELS = (80e9, 60e9, 20e9)
FRESH, WEIGHTS, PACKING, TRANSPOSE = 1.5e9, 4e9, 16e9, 20e9
REORDER, PADDED, FILTERS = 25e9, 8e9, 10e9
CONVOLUTIONS = ("convolution", "pointwise-convolution", "depthwise", "grouped")
ALONE, AMONG_OTHERS = 3e-6, 9e-6


def seconds(point: BenchPoint) -> float:
    """What the model says of a point of a device with the figures above."""
    if point.op == "dispatch":
        return AMONG_OTHERS * (2 if point.operator == "matmul" else 1)
    data = 4.0 * (point.activations + point.weights)
    if point.op not in ("operator", "clearing"):
        return ALONE
    total = ALONE + (point.operations / RATES[point.work] if point.work in RATES else 0.0)
    if point.work in ("matmul", "attention"):
        return total + data / PACKING
    if point.work in ("transpose", "concatenation"):
        return total + data / TRANSPOSE
    whole, padded = blocked(point) if point.work in CONVOLUTIONS else (0.0, 0.0)
    shares = level_shares(np.array([data]), MACHINE.l2, MACHINE.llc)
    moved = data + 2 * (whole + padded)
    total += sum(float(moved * share[0]) / speed for share, speed in zip(shares, LEVELS, strict=True))
    made = 4.0 * np.prod(point.result)
    total += made / FRESH if made > 32 << 20 else 0.0
    if point.op == "clearing":
        return total - ALONE + data / FRESH
    if point.work == "weights":
        return total + point.operations / RATES["convolution"] + 4.0 * point.weights / WEIGHTS
    filters = 4.0 * point.weights / FILTERS if point.work in CONVOLUTIONS else 0.0
    return total + whole / REORDER + padded / PADDED + filters


def blocked(point: BenchPoint) -> tuple[float, float]:
    """Bytes of images that a convolution brings into blocks, and of those whose channels do not fill them."""
    (batch, given, *plane), made = point.shapes[0], point.result
    sizes = 4.0 * batch * given * np.prod(plane), given, 4.0 * np.prod(made), made[1]
    read, channels, written, filters = (np.array([float(each)]) for each in sizes)
    whole, padded = in_blocks(read, channels, written, filters, MACHINE.lanes)
    return float(whole[0]), float(padded[0])


@pytest.fixture(scope="module")
def points() -> list[BenchPoint]:
    return suite("cpu", (), quick=False)


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_known_figures_are_found(points: list[BenchPoint], noise: float) -> None:
    shaken = np.random.default_rng(1).normal(1.0, noise, len(points))
    found = fit_cpu(points, {p.key: seconds(p) * by for p, by in zip(points, shaken, strict=True)}, MACHINE)
    close = 0.2 if not noise else 0.35
    for work, rate in RATES.items():
        # What takes a twentieth of its time cannot be told from its traffic.
        if work not in ("reduction", "batch-norm"):
            assert found.rates[work] == pytest.approx(rate, rel=close), work
    assert found.memory["llc_bandwidth"] == pytest.approx(LEVELS[1], rel=close)
    assert found.memory["dram_bandwidth"] == pytest.approx(LEVELS[2], rel=close + 0.1)
    assert found.bandwidths["fresh"] == pytest.approx(FRESH, rel=close)
    assert found.bandwidths["weights"] == pytest.approx(WEIGHTS, rel=close)
    assert found.bandwidths["reorder"] == pytest.approx(REORDER, rel=2 * close)
    assert found.bandwidths["reorder-padded"] == pytest.approx(PADDED, rel=close)
    assert found.bandwidths["reorder-weights"] == pytest.approx(FILTERS, rel=2 * close)
    assert found.bandwidths["matmul"] == pytest.approx(PACKING, rel=close)
    assert found.bandwidths["transpose"] == pytest.approx(TRANSPOSE, rel=close)
    assert found.eager_dispatch == pytest.approx(AMONG_OTHERS, rel=5 * noise + 1e-9)
    assert found.dispatch["matmul"] == pytest.approx(2 * AMONG_OTHERS, rel=5 * noise + 1e-9)


def test_a_twice_as_fast_device_has_twice_the_rates(points: list[BenchPoint]) -> None:
    known = {p.key: seconds(p) for p in points}
    slow, fast = (fit_cpu(points, {k: s / by for k, s in known.items()}, MACHINE) for by in (1, 2))
    for work, rate in slow.rates.items():
        assert fast.rates[work] == pytest.approx(2 * rate, rel=0.01)


def test_one_outlier_among_the_sizes_does_not_move_a_median(points: list[BenchPoint]) -> None:
    known = {p.key: seconds(p) for p in points}
    shaken = dict(known)
    shaken[next(p.key for p in points if p.work == "max-pool")] *= 20
    assert fit_cpu(points, shaken, MACHINE).rates["max-pool"] == pytest.approx(
        fit_cpu(points, known, MACHINE).rates["max-pool"], rel=0.05
    )


def test_without_the_dispatch_there_is_no_fit(points: list[BenchPoint]) -> None:
    with pytest.raises(ValueError, match="dispatch"):
        fit_cpu(points, {p.key: seconds(p) for p in points if p.op == "operator"}, MACHINE)


def test_least_squares_keeps_to_what_is_not_negative() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0])
    assert least_squares([x, np.ones(4)], 3 * x + 2) == pytest.approx([3, 2], rel=1e-3)
    assert least_squares([x, np.ones(4)], 3 * x - 0.5)[1] == 0.0


def test_every_point_has_a_name_of_its_own(points: list[BenchPoint]) -> None:
    assert len({p.key for p in points}) == len(points)
    assert len(suite("cpu", (), quick=True)) < 0.75 * len(points)
