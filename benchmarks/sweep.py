"""Times a sweep: processor time of about 1,000 points of a model, after its capture, on one core.

python benchmarks/sweep.py [--model torchvision.models:efficientnet_b2] [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import time
from collections.abc import Callable
from typing import TypeVar

from graphperf.analysis.batch import graphs_at
from graphperf.analysis.capture import AgentPool, PoolCapturer
from graphperf.analysis.discovery import parse_target
from graphperf.analysis.fusion import MODES
from graphperf.analysis.graph import Graph
from graphperf.analysis.pipeline import capture_models
from graphperf.analysis.settings import Options
from graphperf.analysis.study import Grid, Subject, evaluate_points
from graphperf.hardware_profiles import Precision, ids, profile

DEVICES = ("h100-sxm5-80gb", "a100-sxm4-80gb", "rtx-3090", "jetson-agx-orin-64gb")
PRECISIONS = (Precision.FP32, Precision.FP16, Precision.BF16, Precision.INT8)
BATCHES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048)
Result = TypeVar("Result")


def main() -> None:
    """Captures, then times what follows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="torchvision.models:efficientnet_b2")
    parser.add_argument("--profile", action="store_true", help="where the time goes")
    given = parser.parse_args()
    with AgentPool() as pool:
        captured: dict[int, Graph] = {}

        def capture(batch: int) -> Graph:
            if batch not in captured:
                options = Options(batch=batch)
                captured[batch] = capture_models(parse_target(given.model), options, PoolCapturer(pool)).models[0].graph
            return captured[batch]

        graphs_at(BATCHES, capture)
        graphs, seconds = _timed(lambda: graphs_at(BATCHES, capture))
    print(
        f"{len(graphs[1].operators)} operators; {len(BATCHES)} graphs from {len(captured)} captures: {seconds * 1e3:.0f} ms"
    )
    few = {batch: graphs[batch] for batch in BATCHES[:10]}
    for devices, modes, chosen in ((ids(), ("eager",), few), (DEVICES, MODES, graphs)):
        grid = Grid([profile(name) for name in devices], PRECISIONS, modes)
        subject = Subject("model", given.model, chosen)
        points, seconds = _timed(lambda subject=subject, grid=grid: evaluate_points([subject], grid))
        asked = f"{len(devices)} devices, {len(modes)} modes, {len(chosen)} batches"
        print(f"{asked}: {len(points)} points in {seconds * 1e3:.0f} ms, {len(points) / seconds:.0f} a second")
    if given.profile:
        cProfile.runctx(
            "evaluate_points([subject], grid)", {"evaluate_points": evaluate_points}, locals(), sort="tottime"
        )


def _timed(action: Callable[[], Result]) -> tuple[Result, float]:
    """The best of three, in processor time."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        result = action()
        best = min(best, time.process_time() - start)
    return result, best


if __name__ == "__main__":
    main()
