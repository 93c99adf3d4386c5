"""One answer of a study as a flat record, and the answers to a whole grid."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context

from ..estimate import Estimate, Question, on_device
from ..what_if import names
from .grid import Grid
from .plans import Plans
from .subjects import Subject

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Point:
    """A model on a device, at a precision, in a mode, at a batch size. SI units; the names are the columns of every table.

    `bottleneck` bounds most of the time; `launch_share`, `memory_share` and `compute_share` of the time sum to 1. The
    `base_` figures are those without `what_if`, where something is set.
    """

    model: str
    target: str
    hardware: str
    precision: str
    mode: str
    batch: int
    what_if: str
    latency_s: float
    latency_low_s: float
    latency_high_s: float
    energy_j: float
    energy_low_j: float
    energy_high_j: float
    edp_js: float
    throughput_per_s: float
    power_w: float
    tdp_w: float
    peak_memory_bytes: float
    capacity_bytes: float
    fits: bool
    utilization: float
    bottleneck: str
    launch_share: float
    memory_share: float
    compute_share: float
    energy_compute_j: float
    energy_memory_j: float
    energy_static_j: float
    macs: float
    flops: float
    dram_bytes: float
    kernels: int
    base_latency_s: float | None = None
    base_energy_j: float | None = None
    base_edp_js: float | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of a run by what bounds them: launches and the gaps between kernels, traffic, arithmetic."""

    launch: float
    memory: float
    compute: float

    @classmethod
    def of(cls, estimate: Estimate) -> Times:
        """While a kernel runs, the slower of arithmetic and traffic bounds it."""
        times = estimate.times
        busy = times.busy_s
        compute = float(busy @ times.computing)
        return cls(float(times.launch_s.sum()), float(busy.sum()) - compute, compute)

    @property
    def bottleneck(self) -> str:
        """The largest part."""
        return max(("launch", "memory", "compute"), key=lambda name: getattr(self, name))


def evaluate_points(
    subjects: Sequence[Subject], grid: Grid, jobs: int = 1, advance: Advance | None = None
) -> list[Point]:
    """The points of a grid, by model, device, precision, mode and batch. `advance` hears how many more are done."""
    questions = grid.questions()
    tasks = [(subject, batch) for subject in subjects for batch in subject.graphs]
    columns: list[list[Point]] = [[] for _ in tasks]
    for index, points in _answers(tasks, questions, jobs):
        columns[index] = points
        if advance is not None:
            advance(len(points))
    return [
        columns[index][row]
        for subject in subjects
        for row in range(len(questions))
        for index, task in enumerate(tasks)
        if task[0] is subject
    ]


def _answers(
    tasks: Sequence[tuple[Subject, int]], questions: Sequence[Question], jobs: int
) -> Iterator[tuple[int, list[Point]]]:
    work = [(s.name, s.target, batch, *plans_of(s, batch), questions) for s, batch in tasks]
    if jobs == 1 or len(tasks) < 2:
        yield from enumerate(answer(*each) for each in work)
        return
    # Started afresh, not forked: this process has threads that talk to the agents.
    with ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=get_context("spawn")) as pool:
        running = {pool.submit(answer, *each): index for index, each in enumerate(work)}
        yield from ((running[done], done.result()) for done in as_completed(running))


def plans_of(subject: Subject, batch: int) -> tuple[Plans, Plans]:
    """Those of a model, and those of it as written."""
    plans = Plans(subject.graphs[batch])
    written = subject.as_written.get(batch)
    return plans, plans if written is None else Plans(written)


def answer(
    name: str, target: str, batch: int, plans: Plans, written: Plans, questions: Sequence[Question]
) -> list[Point]:
    """The points of one graph; `written`: the plans of the model as written."""
    return [_point(name, target, batch, plans, written, question) for question in questions]


def _point(name: str, target: str, batch: int, plans: Plans, written: Plans, question: Question) -> Point:
    plan, device = plans.of(question), question.device
    found = on_device(plan, question)
    latency, energy, times, joules = found.latency, found.energy, Times.of(found), found.energies
    total = latency.value or 1.0
    peak, capacity = plan.memory.peak(question.storage), device.memory.dram_size.si
    point = Point(
        model=name, target=target, hardware=device.id, precision=question.precision.value, mode=question.mode,
        batch=batch, what_if=",".join(names(question.what_if)),
        latency_s=latency.value, latency_low_s=latency.low, latency_high_s=latency.high,
        energy_j=energy.value, energy_low_j=energy.low, energy_high_j=energy.high, edp_js=found.edp,
        throughput_per_s=batch / total, power_w=energy.value / total, tdp_w=device.power.tdp.si,
        peak_memory_bytes=peak, capacity_bytes=capacity, fits=peak <= capacity,
        utilization=found.utilization, bottleneck=times.bottleneck,
        launch_share=times.launch / total, memory_share=times.memory / total, compute_share=times.compute / total,
        energy_compute_j=float(joules.compute.sum()), energy_static_j=float(joules.static.sum()),
        energy_memory_j=float(joules.dram.sum() + joules.cache.sum()),
        macs=plan.macs, flops=plan.flops, dram_bytes=float(found.allocations.dram_bytes.sum()), kernels=plan.launches,
    )  # fmt: skip
    if not question.what_if:
        return point
    without = replace(question, what_if=frozenset())
    base = on_device(written.of(without), without)
    return replace(point, base_latency_s=base.latency.value, base_energy_j=base.energy.value, base_edp_js=base.edp)
