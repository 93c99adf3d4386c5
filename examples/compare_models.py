"""Models side by side on devices of different kinds: which one costs less depends on where it runs.

Run it with `python examples/compare_models.py [TARGET ...]`; without targets it compares three of torchvision's.
"""

import sys

from graphperf.analysis.api import points
from graphperf.analysis.report import units
from graphperf.analysis.report.table import aligned

MODELS = ("resnet18", "mobilenet_v2", "efficientnet_b0")
DEVICES = ("h100-sxm5-80gb", "jetson-agx-orin-64gb", "i7-12700k")
HEADER = ("model", "hardware", "GMAC", "latency", "energy", "EDP", "bound")

targets = sys.argv[1:] or [f"torchvision.models:{name}" for name in MODELS]
found = points(targets, hardware=DEVICES, mode="compiled")
found.sort(key=lambda point: (DEVICES.index(point.hardware), point.edp_js))
rows = [
    (
        point.model,
        point.hardware,
        units.three_digits(point.macs / 1e9),
        units.seconds(point.latency_s),
        units.joules(point.energy_j),
        units.edp(point.edp_js),
        point.bottleneck,
    )
    for point in found
]
print("\n".join(aligned(HEADER, rows, left=frozenset({"model", "hardware", "bound"}))))
