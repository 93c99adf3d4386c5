"""The totals of a model on one device, and the five kernels with the largest shares of its EDP.

Run it with `python examples/quick_start.py`; it takes seconds, no GPU and no weights.
"""

from pathlib import Path

from graphperf.analysis.api import evaluations
from graphperf.analysis.report import units

MODEL = Path(__file__).with_name("resnet18.py")

for found in evaluations(MODEL, hardware="h100-sxm5-80gb", precision="fp16", mode="compiled"):
    latency, energy = found.latency, found.energy
    print(f"{found.graph.model} on {found.question.device.name}")
    print(f"latency {units.seconds(latency.value)} ({units.seconds(latency.low)} to {units.seconds(latency.high)})")
    print(f"energy  {units.joules(energy.value)} ({units.joules(energy.low)} to {units.joules(energy.high)})")
    print(f"EDP     {units.edp(found.edp)}")
    print(f"memory  {units.data(found.peak_memory_bytes)} at the peak")

    by_share = sorted(enumerate(found.subgraphs), key=lambda entry: entry[1].edp_share, reverse=True)
    for index, kernel in by_share[:5]:
        layer = found.leading_operator(index)
        share, time = units.percent(kernel.edp_share), units.seconds(kernel.latency_s)
        print(f"{share:>6} {time:>8}  {kernel.bottleneck:7}  line {layer.source[0].line}  {layer.name}")
