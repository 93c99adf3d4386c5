"""GP205: convolutions in groups that a device's matrix units cannot run at their rate."""

from __future__ import annotations

from collections.abc import Iterable

from ...report import units
from ...rewriting import ungrouped
from ..finding import Finding, Limits, Rule
from ..precisions import matrix_precision
from ..subject import Line, Subject

_TIMES = 3


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line of such convolutions that arithmetic bounds, with a far larger part of the time than of the MACs."""
    estimates = subject.evaluation.subgraphs
    if matrix_precision(subject.question) is None:
        return

    def slow(index: int) -> bool:
        kernel = estimates[index].kernel
        grouped = kernel.family == "convolution" and kernel.gemm is not None and kernel.gemm.groups > 1
        return grouped and estimates[index].bottleneck == "compute"

    macs = sum(estimate.kernel.macs for estimate in estimates) or 1.0
    for line in subject.lines(slow, subject.seconds):
        part = sum(estimates[i].kernel.macs for i in line.kernels) / macs
        if line.share >= _TIMES * part:
            yield _finding(subject, line, part)


def _finding(subject: Subject, line: Line, part: float) -> Finding:
    estimates = subject.evaluation.subgraphs
    depthwise = all(estimates[i].kernel.depthwise for i in line.kernels)
    seconds = sum(map(subject.seconds, line.kernels))
    units_of = f"matrix units of {subject.question.device.name}"
    why = f"The {units_of} find no matrix in them" if depthwise else f"A group fills little of the {units_of}"
    message = (
        f"{subject.label(line)}: {'depthwise' if depthwise else 'in groups'}, "
        f"{units.percent(line.share)} of the latency for {units.percent(part)} of the MACs. {why}: {units.seconds(seconds)}."
    )
    better = _faster_without_groups(subject, line)
    gain = subject.gain(graph=ungrouped(subject.graph, better)) if better else None
    if gain is not None and subject.worthwhile(gain, seconds):
        count = "it" if len(line.kernels) == 1 else f"{len(better)} of them"
        message = f"{message} Without groups in {count}: {gain.text}."
        return subject.finding(message, line, gain=gain, share=subject.edp_of(line.kernels))
    return subject.finding(f"{message} {_ADVICE}.", line, severity="information", share=subject.edp_of(line.kernels))


def _faster_without_groups(subject: Subject, line: Line) -> list[int]:
    """The convolutions of the captured graph that cost less, each for itself, when they are ordinary ones."""
    anchors = [subject.evaluation.subgraphs[kernel].subgraph.anchor for kernel in line.kernels]
    names = {subject.evaluation.graph.operators[anchor].name for anchor in anchors if anchor is not None}
    captured = [operator.id for operator in subject.graph.operators if operator.name in names]
    return [o for o in captured if subject.gain(graph=ungrouped(subject.graph, [o])).edp > 0]


_ADVICE = "Fewer of them, or smaller windows, save more time than their MACs tell"


RULE = Rule(
    code="GP205",
    name="depthwise-on-matrix-engine",
    summary="Depthwise or grouped convolutions take far more of the time than of the arithmetic.",
    rationale=(
        "A depthwise convolution reduces over its window only: there is no matrix to multiply, so it runs on vector units, at "
        "a fraction of their rate. Convolutions in small groups fill a part of a matrix unit. Reported when arithmetic "
        "bounds them, they hold a tenth of the latency, and three times as large a part of it as of the MACs. The graph is "
        "estimated once more without groups, which some devices run faster."
    ),
    helps="larger groups; ordinary convolutions in the first stages (EfficientNetV2's fused blocks); smaller windows.",
    exceptions="on a device whose memory is the limit they save what they promise; then they are not reported.",
    example="""
        from torch import nn


        # graphperf: input=(32, 96, 56, 56) hardware=h100-sxm5-80gb precision=fp16 mode=compiled
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.mix = nn.Conv2d(96, 96, 7, padding=3, groups=96)
                self.up = nn.Conv2d(96, 384, 1)
                self.down = nn.Conv2d(384, 96, 1)

            def forward(self, x):
                return self.down(self.up(self.mix(x)))
    """,
    better="""
        from torch import nn


        # graphperf: input=(32, 96, 56, 56) hardware=h100-sxm5-80gb precision=fp16 mode=compiled
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.mix = nn.Conv2d(96, 96, 3, padding=1)
                self.up = nn.Conv2d(96, 384, 1)
                self.down = nn.Conv2d(384, 96, 1)

            def forward(self, x):
                return self.down(self.up(self.mix(x)))
    """,
    severity="warning",
    on_device=check,
    limits=Limits(least_share=0.1, most=1),
)
