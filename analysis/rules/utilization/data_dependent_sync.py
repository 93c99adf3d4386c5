"""GP207: a line of `forward` makes the host wait for the device."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ...finding import Gain
from ...graph import Operator, SourceLine
from ...report import units
from ...what_if import WhatIf
from ..finding import Finding, Limits, Related, Rule
from ..subject import Subject
from ..waits import lost_lead, waits


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line that costs the host's lead; where launches bound the model, one for the graph that they prevent, at the
    line that waits most."""
    evaluation = subject.evaluation
    if subject.question.device.kind != "gpu" or subject.question.mode not in ("eager", "compiled"):
        return
    held: dict[tuple[str, int], list[Operator]] = {}
    for operator in waits(evaluation.graph):
        place = subject.running_place(operator)
        held.setdefault((place.file, place.line), []).append(operator)
    kernels = {at: {evaluation.home[operator.id] for operator in operators} for at, operators in held.items()}
    every = set[int]().union(*kernels.values())
    whole = lost_lead(evaluation, every) if every else 0.0
    lines = [
        _Line(SourceLine(*at), operators[0], len(kernels[at]), whole - lost_lead(evaluation, every - kernels[at]))
        for at, operators in held.items()
    ]
    lines.sort(key=lambda line: -line.lost_s)
    prevented = _prevented(subject) if lines and not subject.large else None
    for line in lines[: 1 if prevented is not None else subject.limits.most]:
        slow = line.lost_s >= subject.limits.least_share * subject.figures.latency_s
        if slow or prevented is not None:
            yield _finding(subject, line, slow, prevented, lines[1:])


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that waits, by which operator and how often in a run, and the seconds that this alone costs."""

    place: SourceLine
    operator: Operator
    times: int
    lost_s: float


def _prevented(subject: Subject) -> Gain | None:
    """What recording the model in a CUDA graph would gain over compiling it, where most of its latency is launches."""
    if not subject.waits_for_launches:
        return None
    compiled = replace(subject.question, mode="compiled")
    recorded = replace(compiled, what_if=compiled.what_if | {WhatIf.CUDA_GRAPHS})
    gain = Gain(subject.gain(question=compiled).after, subject.gain(question=recorded).after)
    return gain if subject.worthwhile(gain, gain.before.latency_s) else None


def _finding(subject: Subject, line: _Line, slow: bool, prevented: Gain | None, others: Sequence[_Line]) -> Finding:
    often = f" {line.times} times" if line.times > 1 else ""
    kind = line.operator.kind
    parts = [f"The host waits here{often} for {subject.question.device.name} ({_NAMES.get(kind, kind)})."]
    if slow:
        share = units.percent(line.lost_s / subject.figures.latency_s)
        parts.append(
            f"It loses its lead of prepared kernels: {units.seconds(line.lost_s)} more than estimated, +{share}."
        )
    related: list[Related] = []
    if prevented is not None:
        also = f", nor {units.count(len(others), 'other line')} that wait" if others else ""
        also += "s" if len(others) == 1 else ""
        parts.append(f"No CUDA graph can hold it{also}; the compiled model would gain by one: {prevented.text}.")
        related = [Related("the host waits here too", other.place.file, other.place.line) for other in others]
    message = " ".join([*parts, f"{_INSTEAD.get(kind, _MASK)}."])
    calls = subject.calls(line.operator, "the host waits here")
    return subject.finding(message, line.place, severity="information", related=related[:_MOST_RELATED], calls=calls)


_MOST_RELATED = 5
_NAMES = {"local_scalar_dense": "the value of a tensor", "unique2": "unique", "index": "a mask", "index_put": "a mask"}
_MASK = "A choice at each place, `torch.where(mask, a, b)` or `masked_fill`, keeps the shape and waits for nothing"
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
