"""The device, precision and mode with the lowest EDP under a limit of latency and one of power.

Run it with `python examples/recommend_hardware.py [TARGET]`. Whether the model bears a precision is not estimated: name those
that it bears. Of the many devices in the catalogue, take those that you can buy or already have.
"""

import sys
from pathlib import Path

from graphperf.analysis.api import points
from graphperf.analysis.report import units
from graphperf.analysis.study.recommend import Limits, recommend

DEVICES = ("jetson-agx-orin-64gb", "jetson-agx-orin-64gb@30w", "l4-24gb", "rtx-4090", "i7-12700k", "coral-edge-tpu")
LIMITS = Limits(latency_s=5e-3, power_w=30.0)

target = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).with_name("resnet18.py"))
candidates = points(target, hardware=DEVICES, precision=("fp32", "fp16", "int8"), mode=("eager", "compiled"))
for candidate in recommend(candidates, LIMITS, "edp").ranked[:10]:
    point = candidate.point
    broken = ", ".join(
        f"{each.figure} {units.three_digits(each.factor)} times the limit" for each in candidate.violations
    )
    name = f"{point.hardware} {point.precision} {point.mode}"
    cost = f"{units.seconds(point.latency_s):>8} {units.three_digits(point.power_w):>5} W {units.edp(point.edp_js):>10}"
    print(f"{name:40} {cost}  {broken or 'keeps the limits'}")
