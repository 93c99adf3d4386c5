"""GP207: a line of `forward` makes the host wait for the device."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...finding import Gain
from ...graph import SourceLine
from ...report import units
from ...what_if import WhatIf
from ..finding import Finding, Limits, Rule
from ..subject import Subject
from ..waits import lost_lead, waits


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line that costs the host's lead; where launches bound the model, one for the graph that it prevents."""
    evaluation = subject.evaluation
    if subject.question.device.kind != "gpu" or subject.question.mode not in ("eager", "compiled"):
        return
    lines: dict[tuple[str, int], set[int]] = {}
    kinds: dict[tuple[str, int], str] = {}
    for operator in waits(evaluation.graph):
        place = subject.running_place(operator)
        lines.setdefault((place.file, place.line), set()).add(evaluation.home[operator.id])
        kinds.setdefault((place.file, place.line), operator.kind)
    every = set[int]().union(*lines.values())
    whole, total = lost_lead(evaluation, every) if every else 0.0, subject.figures.latency_s
    costs = {at: whole - lost_lead(evaluation, every - kernels) for at, kernels in lines.items()}
    prevented = _prevented(subject) if lines and not subject.large else None
    for at in sorted(costs, key=lambda at: -costs[at])[: subject.limits.most]:
        slow = costs[at] >= subject.limits.least_share * total
        if slow or prevented is not None:
            message = _message(subject, kinds[at], len(lines[at]), costs[at] if slow else 0.0, prevented)
            yield subject.finding(message, SourceLine(*at), severity="information")


def _prevented(subject: Subject) -> Gain | None:
    """What recording the model in a CUDA graph would gain over compiling it, where most of its latency is launches."""
    if float(subject.evaluation.totals.times.launch_s.sum()) < subject.figures.latency_s / 2:
        return None
    compiled = replace(subject.question, mode="compiled")
    recorded = replace(compiled, what_if=compiled.what_if | {WhatIf.CUDA_GRAPHS})
    gain = Gain(subject.gain(question=compiled).after, subject.gain(question=recorded).after)
    return gain if subject.worthwhile(gain, gain.before.latency_s) else None


def _message(subject: Subject, kind: str, times: int, lost_s: float, prevented: Gain | None) -> str:
    often = f" {times} times" if times > 1 else ""
    parts = [f"The host waits here{often} for {subject.question.device.name} ({_NAMES.get(kind, kind)})."]
    if lost_s:
        share = units.percent(lost_s / subject.figures.latency_s)
        parts.append(f"It loses its lead of prepared kernels: {units.seconds(lost_s)} more than estimated, +{share}.")
    if prevented is not None:
        parts.append(f"No CUDA graph can hold it, which compiled would be: {prevented.text}.")
    return " ".join([*parts, f"{_INSTEAD.get(kind, _MASK)}."])


_NAMES = {"local_scalar_dense": "the value of a tensor", "unique2": "unique", "index": "a mask", "index_put": "a mask"}
_MASK = "`torch.where` or `masked_fill` keep the shape and need no wait"
_INSTEAD = {
    "local_scalar_dense": "Keep the value on the device: `torch.where`, or a length that is known before",
    "repeat_interleave": "Give `output_size`",
    "equal": "Compare on the device with `(a == b).all()`, without asking for the result",
    "bincount": "`scatter_add` into a tensor of fixed size counts without a wait",
    "nms": "Run it after the model, or on boxes of the whole batch at once",
}


RULE = Rule(
    code="GP207",
    name="data-dependent-sync",
    summary="A line of `forward` needs a value from the GPU, so the host waits for everything before it.",
    rationale=(
        "`.item()`, `if tensor:`, `nonzero` and boolean masks need a value or a size on the host. Until it comes the host "
        "prepares no kernels, and then the GPU waits for it. The cost is computed: between two waits the chains of host and "
        "device overlap as in a whole run, and the sum is longer than the estimate, which knows no waits. The copy itself, "
        "some microseconds more, is not counted. Where launches bound the model it is also said what a CUDA graph would "
        "gain, as none can hold a wait."
    ),
    helps="operators that keep shapes fixed (`torch.where`, `masked_fill`, `topk`), lengths from shapes instead of data.",
    exceptions=(
        "a value that is needed at the very end costs only what follows it; a tensor that lives on the CPU all the time is "
        "not waited for."
    ),
    example="""
        import torch
        from torch import nn


        # graphperf: input=(1, 128, 256) hardware=h100-sxm5-80gb
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([nn.Linear(256, 256) for _ in range(12)])

            def forward(self, x):
                for layer in self.layers:
                    x = layer(x)
                    if x.abs().max() > 100:
                        x = x / 100
                return x
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(1, 128, 256) hardware=h100-sxm5-80gb
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([nn.Linear(256, 256) for _ in range(12)])

            def forward(self, x):
                for layer in self.layers:
                    x = layer(x)
                    x = torch.where(x.abs().max() > 100, x / 100, x)
                return x
    """,
    severity="information",
    on_device=check,
    limits=Limits(least_share=0.02),
)
