"""What holds for every model on every device in every mode and precision."""

from dataclasses import replace

import pytest

from graphperf.analysis.estimate.plan import Plan
from graphperf.analysis.fusion import MODES, modes_of, policy_for
from graphperf.hardware_profiles import Precision, ids, profile

MODELS = ["resnet18", "mobilenet_v2", "efficientnet_b0", "vgg16", "vit_b_16"]
# One of each family; test_properties.py draws from all of them.
DEVICES = list({(profile(name).kind, profile(name).family): name for name in ids()}.values())
PRECISIONS = ["fp32", "fp16", "int8"]
ONE_A_KIND = ["h100-sxm5-80gb", "i7-12700k", "tpu-v4", "kpu-t256", "hailo-8", "coral-edge-tpu"]
PAIRS = [(MODELS[0], device) for device in DEVICES] + [(model, device) for model in MODELS[1:] for device in ONE_A_KIND]
FAST = [(MODELS[0], device) for device in ONE_A_KIND]
CASES = [
    (model, mode, device, precision)
    for model, device in PAIRS
    for mode in MODES
    for precision in PRECISIONS
    if profile(device).supports(Precision(precision)) and mode in modes_of(profile(device).kind)
]


each_pair = pytest.mark.parametrize(
    ("model", "device"), [pytest.param(*pair, marks=() if pair in FAST else pytest.mark.slow) for pair in PAIRS]
)


@each_pair
def test_parts_sum_to_the_whole(zoo, model: str, device: str) -> None:
    for case in CASES:
        if (case[0], case[2]) != (model, device):
            continue
        found = zoo.evaluation(*case)
        assert sum(found.operator_shares) == pytest.approx(1, abs=1e-9), case
        assert sum(part.edp_share for part in found.subgraphs) == pytest.approx(1, abs=1e-9), case
        assert min(found.operator_shares) >= 0, case
        assert sum(found.operator_seconds) == pytest.approx(found.latency.value), case
        assert sum(found.operator_joules) == pytest.approx(found.energy.value), case
        assert sum(part.latency_s for part in found.subgraphs) == pytest.approx(found.latency.value), case
        for part in found.subgraphs:
            inside = sum(found.operator_shares[operator] for operator in part.subgraph.operators)
            assert inside == pytest.approx(part.edp_share, abs=1e-12), case
            energy = part.energy
            assert energy.total == pytest.approx(energy.compute + energy.memory + energy.static), case
            assert min(energy.compute, energy.memory, energy.static) >= 0, case
            assert part.energy.static == pytest.approx(part.latency_s * profile(device).power.static.si), case
            assert 0 <= part.utilization <= 1, case
            assert part.utilization > 0 or part.allocation.fallback, case
            assert part.allocation.units_used <= part.allocation.units, case


@each_pair
def test_intervals_modes_and_the_critical_path(zoo, model: str, device: str) -> None:
    for precision in PRECISIONS:
        if not profile(device).supports(Precision(precision)):
            continue
        found = {mode: zoo.evaluation(model, mode, device, precision) for mode in modes_of(profile(device).kind)}
        for evaluation in found.values():
            for interval in (evaluation.latency, evaluation.energy):
                assert 0 < interval.low < interval.value < interval.high
            assert 0 < evaluation.concurrency.critical_path_s <= evaluation.latency.value * (1 + 1e-9)
            assert evaluation.edp == evaluation.latency.value * evaluation.energy.value
            assert 0 < evaluation.utilization <= 1
        if profile(device).npu is not None:  # fused kernels cross between what it runs and what it does not
            continue
        # A fused kernel moves fewer bytes, of which the cache holds a smaller share: nearly as slow is possible.
        ideal, compiled, eager = (found[mode].latency.value for mode in ("ideal", "compiled", "eager"))
        assert ideal <= 1.01 * compiled <= 1.01**2 * eager


@pytest.mark.parametrize(
    "device",
    [
        pytest.param(name, marks=() if name in ONE_A_KIND else pytest.mark.slow)
        for name in dict.fromkeys(DEVICES + ONE_A_KIND)
    ],
)
@pytest.mark.parametrize("model", ["mobilenet_v2"])
def test_a_larger_batch_takes_no_less_time_energy_or_memory(zoo, model: str, device: str) -> None:
    for mode in modes_of(profile(device).kind):
        precision = next(p for p in PRECISIONS if profile(device).supports(Precision(p)))
        found = [zoo.evaluation(model, mode, device, precision, batch) for batch in (1, 2, 8, 64)]
        for values in (
            [evaluation.latency.value for evaluation in found],
            [evaluation.energy.value for evaluation in found],
            [evaluation.peak_memory_bytes for evaluation in found],
        ):
            assert values == sorted(values)


@pytest.mark.parametrize(
    ("model", "parallel", "path", "heavy"),
    [("resnet18", 2, 63, 18), ("mobilenet_v2", 1, 153, 53), ("efficientnet_b0", 1, 249, 82)],
)
def test_known_concurrency(zoo, model: str, parallel: int, path: int, heavy: int) -> None:
    evaluation = zoo.evaluation(model)
    assert evaluation.concurrency.max_parallel == parallel
    assert evaluation.concurrency.critical_path_operators == path
    assert evaluation.concurrency.critical_path_layers == heavy


@pytest.mark.parametrize(("model", "intensity"), [("resnet18", 46.2), ("mobilenet_v2", 8.5)])
def test_known_arithmetic_intensity(zoo, model: str, intensity: float) -> None:
    """FLOP of convolutions and linear layers a byte moved, over the whole model, with every fusion but residual additions."""
    plan = Plan.of(zoo.graph(model), replace(policy_for("ideal"), joins=False))
    flops = sum(2 * cost.macs for cost in plan.costs)
    moved = sum(kernel.bytes for kernel in plan.subgraphs(Precision.FP32))
    assert flops / moved == pytest.approx(intensity, rel=0.01)
    assert flops < sum(cost.flops for cost in plan.costs) < 1.05 * flops


def test_eager_small_batches_on_a_fast_gpu_are_launch_bound(zoo) -> None:
    evaluation = zoo.evaluation("mobilenet_v2", "eager", "h100-sxm5-80gb", "fp16")
    waiting = sum(part.latency_s for part in evaluation.subgraphs if part.bottleneck == "launch")
    assert waiting > 0.5 * evaluation.latency.value
    assert 0.5e-3 < evaluation.latency.value < 5e-3
