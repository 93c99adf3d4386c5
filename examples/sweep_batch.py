"""The batch size from which on a larger one no longer pays: throughput, latency and energy a sample, by batch size.

Run it with `python examples/sweep_batch.py [TARGET]`. Four batch sizes are captured, the others follow from them exactly.
"""

import sys
from itertools import pairwise
from pathlib import Path

from graphperf.analysis.api import points
from graphperf.analysis.report import units
from graphperf.analysis.report.table import aligned

GAIN = 1.1  # what twice the batch must bring in throughput to be worth its latency
HEADER = ("batch", "latency", "samples/s", "energy a sample", "memory", "bound")

target = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).with_name("resnet18.py"))
sweep = points(
    target, hardware="a100-sxm4-80gb", precision="fp16", mode="compiled", batch=[2**power for power in range(9)]
)
rows = [
    (
        str(point.batch),
        units.seconds(point.latency_s),
        units.three_digits(point.throughput_per_s),
        units.joules(point.energy_j / point.batch),
        units.data(point.peak_memory_bytes),
        point.bottleneck,
    )
    for point in sweep
]
print("\n".join(aligned(HEADER, rows, left=frozenset({"bound"}))))

for point, doubled in pairwise(sweep):
    if doubled.throughput_per_s < GAIN * point.throughput_per_s:
        print(
            f"\nFrom batch {point.batch} on, twice the batch brings less than {units.percent(GAIN - 1)} more samples a second."
        )
        break
