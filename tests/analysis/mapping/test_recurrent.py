"""Recurrent layers: steps that wait for one another, beside public timings of cuDNN."""

import dataclasses

import numpy as np
import pytest

from graphperf.analysis.costs import Gemm, Recurrence
from graphperf.analysis.estimate import Estimate
from graphperf.analysis.estimate.on_device import of_kernels
from graphperf.analysis.mapping import Kernel, Kernels, map_kernel
from graphperf.hardware_profiles import Precision, profile

V100, A100, I7 = profile("v100-sxm2-16gb"), profile("a100-pcie-40gb"), profile("i7-12700k")
GATES = {"lstm": (4, 9), "gru": (3, 10), "rnn_tanh": (1, 2)}


def layer(kind: str, hidden: int, samples: int, steps: int, inputs: int | None = None, layers: int = 1) -> Kernel:
    """A recurrent layer; without `inputs` those are added as they are, as DeepBench has them."""
    gates, operations = GATES[kind]
    sizes = [inputs, *[hidden] * (layers - 1)] if inputs is not None else []
    products = tuple(Gemm(1, samples * steps, gates * hidden, size) for size in sizes)
    step = Gemm(1, samples, gates * hidden, hidden)
    recurrence = Recurrence(products, step, steps * layers, gates, operations)
    macs = recurrence.steps * step.macs + sum(product.macs for product in products)
    data = 4.0 * samples * steps * hidden
    return Kernel(
        "recurrent", kind, 2.0 * macs, macs, samples * steps * hidden, data, data, None, recurrence=recurrence
    )


def timed(kernel: Kernel, device=V100, precision=Precision.FP32) -> Estimate:
    return of_kernels(Kernels.of([kernel]), (precision,), np.ones(1, dtype=np.bool_), device, "operator")


@pytest.mark.parametrize(
    ("device", "precision", "kernel", "milliseconds"),
    [
        ("v100-sxm2-16gb", Precision.FP32, layer("gru", 2048, 32, 1500), 144.352),
        ("v100-sxm2-16gb", Precision.FP32, layer("gru", 1024, 64, 1500), 80.172),
        ("v100-sxm2-16gb", Precision.FP32, layer("lstm", 2048, 128, 25), 9.294),
        ("v100-sxm2-16gb", Precision.FP16, layer("gru", 2048, 32, 1500), 85.274),
        ("gtx-1080-ti", Precision.FP32, layer("gru", 2816, 1, 1500), 420.64),
        ("titan-xp", Precision.FP32, layer("gru", 2048, 2, 750), 98.045),
        ("a100-pcie-40gb", Precision.FP32, layer("lstm", 72, 6, 2721, 128), 2.4),
        ("a100-pcie-40gb", Precision.FP32, layer("lstm", 152, 7, 2091, 320, 4), 47.5),
        ("a100-pcie-40gb", Precision.FP16, layer("rnn_tanh", 120, 34, 1406, 120), 0.8784),
    ],
)
def test_near_public_timings(device: str, precision: Precision, kernel: Kernel, milliseconds: float) -> None:
    """baidu-research/DeepBench results; xwang233/code-snippet cudnn-rnn-bench-62143, whose GPU is taken for an A100."""
    assert timed(kernel, profile(device), precision).latency.value == pytest.approx(milliseconds / 1e3, rel=0.35)


@pytest.mark.parametrize("device", ["v100-sxm2-16gb", "mi210", "i7-12700k", "tpu-v5e", "kpu-t64"])
@pytest.mark.parametrize("hidden", [64, 512])
def test_steps_wait_for_each_other(device: str, hidden: int) -> None:
    short, long = (timed(layer("lstm", hidden, 2, steps, 64), profile(device)) for steps in (100, 400))
    assert long.times.seconds[0] / short.times.seconds[0] == pytest.approx(4.0, rel=0.15)
    samples = timed(layer("lstm", hidden, 8, 100, 64), profile(device))
    assert samples.times.seconds[0] <= 1.001 * long.times.seconds[0]


def test_a_small_state_stays_in_registers() -> None:
    small, large = (map_kernel(layer("lstm", hidden, 4, 50, 64, 2), A100, Precision.FP32) for hidden in (64, 512))
    assert small.inner_launches == 3  # a product of the inputs and one kernel for all steps, of either layer
    assert large.inner_launches == 2 + 2 * 100 - 1
    assert (
        small.fill < 4 / 108 + 0.06
    )  # the steps fill an SM a sample, the products of the inputs, a twentieth of the time, all
    double = map_kernel(layer("lstm", 64, 4, 50, 64, 2), A100, Precision.FP64)
    assert double.inner_launches == large.inner_launches
    assert map_kernel(layer("lstm", 64, 4, 50, 64, 2), profile("mi210"), Precision.FP32).inner_launches > 200


def test_every_step_reads_the_weights() -> None:
    kernel = layer("lstm", 2048, 1, 10)
    found = map_kernel(kernel, V100, Precision.FP32)
    assert found.dram_bytes + found.cache_bytes > 10 * 4 * 4 * 2048 * 2048


def test_a_layer_without_a_known_state_is_one_product() -> None:
    kernel = dataclasses.replace(layer("lstm", 512, 2, 100, 64), recurrence=None)
    assert map_kernel(kernel, V100, Precision.FP32).inner_launches == 0
