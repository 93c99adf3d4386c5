"""Changes to how a model is run."""

import numpy as np
import pytest

from graphperf.analysis.estimate import Question, estimate
from graphperf.analysis.fusion import Mode
from graphperf.analysis.what_if import WhatIf, names, parse_what_ifs
from graphperf.hardware_profiles import Precision, profile

H100 = profile("h100-sxm5-80gb")


def _pair(zoo, what_if, device=H100, precision=Precision.FP16, mode: Mode = "eager", batch=1):
    graph = zoo.graph("resnet18", batch)
    return [estimate(graph, Question(device, precision, mode, frozenset(given))) for given in ((), (what_if,))]


def test_cuda_graphs_leave_the_device_and_the_short_gap(zoo) -> None:
    base, changed = _pair(zoo, WhatIf.CUDA_GRAPHS)
    assert changed.times.host_s.sum() == 0
    columns = changed.allocations
    busy = float((np.maximum(columns.compute_s, columns.memory_s) + columns.conversion_s).sum())
    kernels = int((changed.times.seconds > 0).sum())
    assert changed.latency.value == pytest.approx(busy + kernels * H100.launch.kernel_graph.si)
    assert changed.latency.value < base.latency.value


def test_cuda_graphs_change_nothing_where_there_are_none(zoo) -> None:
    for device, mode in ((profile("i7-12700k"), "eager"), (H100, "ideal")):
        base, changed = _pair(zoo, WhatIf.CUDA_GRAPHS, device, Precision.FP32, mode)  # pyright: ignore[reportArgumentType]
        assert changed.latency == base.latency


def test_channels_last_saves_the_conversions_of_half_precision_convolutions(zoo) -> None:
    base, changed = _pair(zoo, WhatIf.CHANNELS_LAST, batch=64)
    assert changed.latency.value < base.latency.value
    assert base.allocations.conversion_s.sum() > 0
    assert changed.allocations.conversion_s.sum() == 0
    assert changed.allocations.dram_bytes.sum() == base.allocations.dram_bytes.sum()
    for precision, mode in ((Precision.FP32, "eager"), (Precision.FP16, "compiled")):
        base, changed = _pair(zoo, WhatIf.CHANNELS_LAST, precision=precision, mode=mode, batch=64)  # pyright: ignore[reportArgumentType]
        assert changed.latency == base.latency


@pytest.mark.parametrize(("mode", "loses"), [("eager", True), ("compiled", False)])
def test_group_norms_copy_channels_last_images_in_eager_mode(sketch, mode: Mode, loses: bool) -> None:
    """CUDA's kernel takes and makes contiguous images."""
    shape = (64, 64, 112, 112)
    sketch.add("group_norm", {"input": sketch.tensor(*shape)}, shape, num_groups=8)
    questions = (
        Question(H100, Precision.FP16, mode, given)
        for given in (frozenset[WhatIf](), frozenset({WhatIf.CHANNELS_LAST}))
    )
    base, changed = (estimate(sketch.graph(), question).latency.value for question in questions)
    assert (changed > 1.5 * base) == loses
    assert (changed == base) != loses


def test_channels_last_is_an_order_of_images(sketch) -> None:
    sequence = sketch.add("group_norm", {"input": sketch.tensor(64, 64, 4096)}, (64, 64, 4096), num_groups=8)
    filters = sketch.weight(96, 24, 3)
    sketch.add("conv1d", {"input": sequence, "weight": filters}, (64, 96, 4096), groups=4)
    graph = sketch.graph()
    base, changed = (
        estimate(graph, Question(H100, Precision.FP16, "eager", given)).latency.value
        for given in (frozenset[WhatIf](), frozenset({WhatIf.CHANNELS_LAST}))
    )
    assert changed == base


@pytest.mark.parametrize("mode", ["eager", "compiled"])
def test_folding_batch_norms_leaves_the_layers_and_their_traffic(zoo, mode: Mode) -> None:
    base, changed = _pair(zoo, WhatIf.FOLD_BN, mode=mode, batch=64)
    assert changed.latency.value < base.latency.value
    assert changed.allocations.dram_bytes.sum() < base.allocations.dram_bytes.sum()
    if mode == "eager":
        kernels = [int((found.times.seconds > 0).sum()) for found in (base, changed)]
        assert kernels[0] - kernels[1] == 20  # every batch norm of a ResNet-18


def test_folding_changes_nothing_where_the_compiler_folds(zoo) -> None:
    base, changed = _pair(zoo, WhatIf.FOLD_BN, mode="tensorrt")
    assert changed.latency == base.latency


def test_names() -> None:
    both = frozenset({WhatIf.CHANNELS_LAST, WhatIf.CUDA_GRAPHS})
    assert parse_what_ifs(["channels-last", "CUDA_GRAPHS"]) == both
    assert names(both) == ("channels_last", "cuda-graphs")
    with pytest.raises(ValueError, match=r"unknown setting 'cuda', choose from channels_last, fold-bn, cuda-graphs"):
        parse_what_ifs(["cuda"])


def test_without_tensor_cores_only_tensorrt_gains_arithmetic_from_half_precision(zoo) -> None:
    """PyTorch has cuDNN sum in FP32, which vector units do no faster for FP16."""
    graph, device = zoo.graph("resnet18", 32), profile("p100-pcie-16gb")
    for mode, gain in (("eager", 1.0), ("compiled", 1.0), ("tensorrt", 2.0), ("ideal", 2.0)):
        full, half = (
            estimate(graph, Question(device, precision, mode)).allocations.compute_s.max()  # pyright: ignore[reportArgumentType]
            for precision in (Precision.FP32, Precision.FP16)
        )
        assert full / half == pytest.approx(gain, rel=0.1), mode
