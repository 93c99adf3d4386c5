"""GP302: channels or features that are no multiple of what the matrix units take at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from ...costs import Gemm
from ...graph import Graph
from ...report import units
from ..finding import Finding, Limits, Rule
from ..precisions import matrix_precision
from ..subject import Line, Subject

_GPU_MULTIPLE = 8


@dataclass(frozen=True, slots=True)
class _Padded:
    """What a product sums over, in words, and the channels that it makes: how many, and in multiples of what they count."""

    summed: str
    reads: int
    makes: int
    multiple: int

    @property
    def waste(self) -> float:
        """The part of its multiplications that is padding, from 0 to 1."""
        return 1 - self.reads * self.makes / (self._next(self.reads) * self._next(self.makes))

    @property
    def text(self) -> str:
        """`61 channels made count as 64`."""
        sides = {self.summed: self.reads, "channels made": self.makes}
        return " and ".join(f"{n} {side} count as {self._next(n)}" for side, n in sides.items() if n % self.multiple)

    def _next(self, channels: int) -> int:
        return ceil(channels / self.multiple) * self.multiple


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line whose products lose enough of the latency by padding."""
    question, estimates = subject.question, subject.evaluation.subgraphs
    if question.device.kind not in ("gpu", "tpu") or matrix_precision(question) is None:
        return
    side = question.device.tpu.array_size.si if question.device.tpu is not None else _GPU_MULTIPLE

    def padded(index: int) -> _Padded | None:
        gemm, family = estimates[index].kernel.gemm, estimates[index].kernel.family
        if gemm is None or gemm.batch > 1 or family not in ("convolution", "matmul") or _reads_input(subject, index):
            return None  # attention's products are as long as the sequence is
        found = _sides(gemm, int(side), gpu=question.device.kind == "gpu")
        return found if min(found.reads, found.makes) > side else None

    def lost(index: int) -> float:
        found = padded(index)
        return found.waste * subject.seconds(index) if found is not None else 0.0

    def chosen(index: int) -> bool:
        return (
            estimates[index].bottleneck == "compute"
            and estimates[index].allocation.tile is not None
            and lost(index) > 0
        )

    for line in subject.lines(chosen, subject.seconds):
        seconds = sum(map(lost, line.kernels))
        worst = padded(max(line.kernels, key=lost))
        if worst is not None and seconds >= subject.limits.least_gain * subject.figures.latency_s:
            yield _finding(subject, line, worst, seconds)


def _sides(gemm: Gemm, multiple: int, *, gpu: bool) -> _Padded:
    """A GPU pads the channels of every position of the window, an array all that is summed."""
    if gpu or gemm.taps == 1:
        return _Padded("channels read", gemm.k // gemm.taps, gemm.n, multiple)
    return _Padded("terms of a sum", gemm.k, gemm.n, multiple)


def _reads_input(subject: Subject, index: int) -> bool:
    """Whether a kernel reads the model's input, whose channels are as they are."""
    graph = subject.evaluation.graph
    read = {t for o in subject.evaluation.subgraphs[index].subgraph.operators for t in graph.operators[o].inputs}
    return any(graph.tensors[_before_casts(tensor, graph)].role == "input" for tensor in read)


def _before_casts(tensor: int, graph: Graph) -> int:
    """What a tensor was before views and casts."""
    maker = graph.producers.get(tensor)
    while maker is not None and (graph.operators[maker].view or graph.operators[maker].kind == "cast"):
        tensor = graph.operators[maker].inputs[0]
        maker = graph.producers.get(tensor)
    return tensor


def _finding(subject: Subject, line: Line, worst: _Padded, seconds: float) -> Finding:
    unit = "tensor cores" if subject.question.device.kind == "gpu" else f"arrays of {worst.multiple}"
    message = (
        f"{subject.label(line)}: {worst.text} on the {unit} of "
        f"{subject.question.device.name}. Padding takes {units.seconds(seconds)}, "
        f"{units.percent(seconds / subject.figures.latency_s)} of the latency; the next multiple of {worst.multiple} would "
        "take no more multiplications."
    )
    return subject.finding(message, line, share=subject.edp_of(line.kernels))


RULE = Rule(
    code="GP302",
    name="off-tensor-core-multiple",
    summary="Channels or features are no multiple of what the device's matrix units take at a time.",
    rationale=(
        "Tensor cores multiply 8 channels at a time, the arrays of a TPU 128 or 256 rows and columns. What is missing to the "
        "next multiple is multiplied as zeros. Reported where arithmetic bounds the products and padding takes 2 % of the "
        "latency, from the sizes of the captured products. Left out are layers that read the model's input, whose channels are "
        "given, products of attention, and fewer channels than one multiple."
    ),
    helps="the next multiple, which takes no more multiplications and computes more; or the one below.",
    exceptions=(
        "libraries have slower kernels for odd sizes, whose rows do not start at multiples of 16 bytes: the real loss may be "
        "larger than the padding."
    ),
    example="""
        from torch import nn


        # graphperf: input=(64, 36, 56, 56) hardware=rtx-3090 precision=fp16 mode=compiled
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.stem = nn.Conv2d(36, 36, 1)
                self.conv = nn.Conv2d(36, 36, 7, padding=3)

            def forward(self, x):
                return self.conv(self.stem(x))
    """,
    better="""
        from torch import nn


        # graphperf: input=(64, 40, 56, 56) hardware=rtx-3090 precision=fp16 mode=compiled
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.stem = nn.Conv2d(40, 40, 1)
                self.conv = nn.Conv2d(40, 40, 7, padding=3)

            def forward(self, x):
                return self.conv(self.stem(x))
    """,
    severity="information",
    on_device=check,
    limits=Limits(),
)
