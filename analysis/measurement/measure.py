"""Models run for real, row by row, each beside what was predicted of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from ...hardware_profiles import HardwareProfile
from ..estimate import Interval, Question, estimate
from ..fusion import Mode
from ..numerics import Numerics
from ..pipeline import CapturedModel
from ..what_if import ENVIRONMENT, WhatIf, WhatIfs, names
from .process import Asked, ProbeFailed
from .rows import MeasuredRow, append_rows, inputs_text, read_rows

# How a model is run, as the file of rows names it and as a prediction is asked for.
RUNS: Mapping[str, tuple[str, Mode, frozenset[WhatIf]]] = {
    "eager": ("", "eager", frozenset()),
    "compiled": ("inductor", "compiled", frozenset()),
    "cuda-graph": ("cuda-graph", "eager", frozenset({WhatIf.CUDA_GRAPHS})),
}
# The order of images, as the file of rows names it: as the model has it, and channels-last.
LAYOUTS = ("nchw", "nhwc")


@dataclass(frozen=True, slots=True)
class Setting:
    """How everything is measured: the device, as the probe names it, threads, seconds for a row, by which clock, and what is
    changed (`what_if`)."""

    device: str
    name: str
    framework: str
    threads: int
    seconds: float
    clock: str
    what_if: WhatIfs = frozenset()

    @classmethod
    def of(
        cls, device: str, machine: Mapping[str, Any], seconds: float, clock: str, what_if: WhatIfs = frozenset()
    ) -> Setting:
        """The setting on a machine that has described itself."""
        where = f"cuda {machine['cuda']}" if device == "cuda" else "cpu"
        framework = f"pytorch {machine['torch']} {where}"
        return cls(device, str(machine["name"]), framework, int(machine["threads"]), seconds, clock, what_if)

    @property
    def note(self) -> str:
        """What else a row has to say."""
        clock = ["clock=cpu"] if self.clock == "cpu" else []
        return " ".join([f"threads={self.threads}", *clock, *names(self.what_if & frozenset(ENVIRONMENT))])

    @property
    def channels_last(self) -> bool:
        """Whether images and weights lie in that order."""
        return WhatIf.CHANNELS_LAST in self.what_if


@dataclass(frozen=True, slots=True)
class Run:
    """A captured model, a precision and a mode (a key of `RUNS`)."""

    model: CapturedModel
    precision: Numerics
    mode: str

    def row(self, setting: Setting) -> MeasuredRow:
        """The row that a measurement fills in."""
        graph = self.model.graph
        inputs = inputs_text(tuple((spec.shape, spec.dtype) for spec in graph.inputs))
        return MeasuredRow(
            source="graphperf", target=self.model.target, model=self.model.target.rpartition(":")[2], device=setting.name,
            framework=setting.framework, mode="infer", precision=self.precision.value, layout=LAYOUTS[setting.channels_last],
            compiled=RUNS[self.mode][0], batch=graph.batch, input=inputs, latency_ms=0.0, note=setting.note,
        )  # fmt: skip

    def predicted(self, profile: HardwareProfile, setting: Setting) -> Interval:
        """Seconds of one run on a device."""
        _, mode, what_if = RUNS[self.mode]
        return estimate(self.model.graph, Question(profile, self.precision, mode, what_if | setting.what_if)).latency

    def request(self, setting: Setting) -> dict[str, Any]:
        """What the probe is told."""
        graph = self.model.graph
        inputs = [{"name": spec.name, "shape": spec.shape, "dtype": spec.dtype} for spec in graph.inputs]
        return {
            **self.model.request.message(), "op": "model", "expression": self.model.expression, "inputs": inputs,
            "batch": graph.batch, "precision": self.precision.value, "mode": self.mode, "seconds": setting.seconds,
            "clock": setting.clock, "channels_last": setting.channels_last,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cleared:
    """Pages that the system cleared in each run, since the allocator had given them back: bytes, and seconds of all threads."""

    bytes: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Compared:
    """A row and its prediction, in seconds. Without a row, `problem` says why; `old`: from the file, not measured now.

    `cleared`: None where it was not counted.
    """

    run: Run
    predicted: Interval
    row: MeasuredRow | None
    problem: str = ""
    old: bool = False
    cleared: Cleared | None = None

    @property
    def error(self) -> float | None:
        """(predicted − measured) / measured."""
        return self.predicted.value / (self.row.latency_ms / 1e3) - 1 if self.row is not None else None

    @property
    def inside(self) -> bool | None:
        """Whether the measured median lies in the predicted interval."""
        if self.row is None:
            return None
        return self.predicted.low <= self.row.latency_ms / 1e3 <= self.predicted.high


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of several rows: the median of |error|, its mean (MAPE), the median of the error (bias), and how many were inside."""

    rows: int
    median_error: float
    mean_error: float
    bias: float
    inside: int

    @classmethod
    def of(cls, compared: Sequence[Compared]) -> Accuracy | None:
        """None where nothing was measured."""
        errors = [each.error for each in compared if each.error is not None]
        if not errors:
            return None
        sizes = [abs(error) for error in errors]
        inside = sum(each.inside is True for each in compared)
        return cls(len(errors), median(sizes), sum(sizes) / len(sizes), median(errors), inside)


@dataclass
class _Measured:
    """What is known of one run: a row a round, how many of them were in the file, and why it failed."""

    rows: list[MeasuredRow] = field(default_factory=list[MeasuredRow])
    given: int = 0
    problem: str = ""
    cleared: Cleared | None = None


def compared(
    runs: Sequence[Run], profile: HardwareProfile, probe: Asked, setting: Setting, rounds: int, out: Path | None,
    note: Callable[[str], None],
) -> list[Compared]:  # fmt: skip
    """Each run's row, the middle one of so many rounds over all runs, measured now or found in the file `out`, to which rows are
    added as they come. On a CPU each is run in a process of its own: the models before it would leave it their memory.

    Raises `OSError` and `ValueError` where that file cannot be used.
    """
    known: defaultdict[tuple[str | int, ...], _Measured] = defaultdict(_Measured)
    for row in read_rows(out) if out is not None and out.exists() else ():
        known[row.key].rows.append(row)
        known[row.key].given += 1
    for turn in range(rounds):
        for run in runs:
            row = run.row(setting)
            if len(known[row.key].rows) <= turn and not known[row.key].problem:
                note(f"running {row.model}, batch {row.batch}, {row.precision}, {run.mode}")
                if setting.device == "cpu":
                    probe.close()
                _measure(known[row.key], row, run.request(setting), probe, out)
    return [_compared(run, known[run.row(setting).key], run.predicted(profile, setting), rounds) for run in runs]


def _measure(known: _Measured, row: MeasuredRow, request: Mapping[str, Any], probe: Asked, out: Path | None) -> None:
    try:
        answer = probe.ask(request)
    except ProbeFailed as error:
        known.problem = str(error)
        return
    known.rows.append(_filled(row, answer))
    known.cleared = Cleared(**answer["cleared"]) if answer["cleared"] is not None else None
    if out is not None:
        append_rows(out, known.rows[-1:])


def _compared(run: Run, known: _Measured, predicted: Interval, rounds: int) -> Compared:
    ordered = sorted(known.rows, key=lambda row: row.latency_ms)
    middle = ordered[(len(ordered) - 1) // 2] if ordered else None
    return Compared(run, predicted, middle, known.problem, known.given >= rounds, known.cleared)


def _filled(row: MeasuredRow, answer: Mapping[str, Any]) -> MeasuredRow:
    peak = answer["peak_bytes"]
    return replace(
        row, latency_ms=1e3 * answer["median"], latency_low_ms=1e3 * answer["low"], latency_high_ms=1e3 * answer["high"],
        throughput_per_s=row.batch / answer["median"], energy_j=answer["joules"], power_w=answer["watts"],
        peak_mem_mb=peak / 1e6 if peak is not None else None,
    )  # fmt: skip
