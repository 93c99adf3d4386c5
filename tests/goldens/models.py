"""The estimates that are kept: ten models on five devices. `python -m tests.goldens.models` writes them anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphperf.analysis.capture import AgentPool, PoolCapturer, module_request
from graphperf.analysis.discovery import ModuleTarget
from graphperf.analysis.fusion import MODES
from graphperf.analysis.graph import Graph
from graphperf.analysis.study import Grid, Point, Subject, evaluate_points
from graphperf.hardware_profiles import Precision, profile

PATH = Path(__file__).with_name("estimates.json")
MODELS = (
    "resnet18", "resnet50", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "vgg16", "vit_b_16", "swin_t",
    "convnext_tiny", "densenet121",
)  # fmt: skip
DEVICES = ("h100-sxm5-80gb", "a100-sxm4-80gb", "jetson-agx-orin-64gb", "i7-12700k", "tpu-v4")
PRECISIONS = (Precision.FP32, Precision.FP16, Precision.BF16)
FIGURES = ("latency_s", "energy_j", "peak_memory_bytes", "utilization", "dram_bytes", "macs", "flops", "kernels")
Golden = dict[str, dict[str, dict[str, float]]]


def estimates(name: str, graph: Graph) -> dict[str, dict[str, float]]:
    """The figures of a model by device, precision and mode, to nine digits."""
    grid = Grid([profile(device) for device in DEVICES], PRECISIONS, MODES)
    points = evaluate_points([Subject(name, name, {1: graph})], grid)
    return {f"{p.hardware} {p.precision} {p.mode}": {f: _rounded(p, f) for f in FIGURES} for p in points}


def _rounded(point: Point, figure: str) -> float:
    return float(f"{getattr(point, figure):.9g}")


def stored() -> Golden:
    """What was written last."""
    return json.loads(PATH.read_text())


def write(graph: Callable[[str], Graph]) -> None:
    """One line a combination, so that a difference can be read."""
    found: dict[str, Any] = {name: estimates(name, graph(name)) for name in MODELS}
    blocks = [
        f'"{name}": {{\n' + ",\n".join(f'  "{key}": {json.dumps(row)}' for key, row in rows.items()) + "\n}"
        for name, rows in found.items()
    ]
    PATH.write_text("{\n" + ",\n".join(blocks) + "\n}\n")


def main() -> None:
    """Captures the models and writes their estimates."""
    with AgentPool() as pool:
        capturer = PoolCapturer(pool)

        def graph(name: str) -> Graph:
            captured = capturer.capture(module_request(ModuleTarget("torchvision.models", name), (), (), "given", 1))
            assert captured.graph is not None, captured.error
            return captured.graph

        write(graph)


if __name__ == "__main__":
    main()
