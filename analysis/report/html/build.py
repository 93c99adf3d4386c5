"""From a result to the page's record."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from ....hardware_profiles import HardwareProfile, Precision
from ...concurrency import critical_path
from ...estimate import Estimate, Evaluation, Interval
from ...mapping.peaks import vector_peak
from ...pipeline import ModelResult
from ...study.compare import candidates
from ...study.subjects import Subject
from .. import units
from ..fused_graph import fused_graph, graph_svg
from ..fused_graph.nodes import working_kernels
from ..hints import device_title, main_bottleneck, unit_name
from ..json_report import assumptions, subgraph_name, user_line
from ..reasons import reasons
from ..schema import IntervalRecord
from ..totals import energy_split, input_texts, totals_rows, what_if_text
from .record import Ceiling, DevicePart, KernelPart, OperatorPart, PageRecord, Tile

_IN_TILES = frozenset({"latency", "energy", "EDP"})


def page_record(result: ModelResult, *, links: bool) -> PageRecord:
    """Everything that the page shows."""
    portraits, advantages = _reasons(result)
    return PageRecord(
        model=result.graph.model,
        target=result.target,
        constructed=result.constructed,
        links=links,
        reasons=advantages,
        devices=[
            _device(result, evaluation, unchanged, portrait)
            for evaluation, unchanged, portrait in zip_longest(result.evaluations, result.unchanged, portraits)
        ],
    )


def _reasons(result: ModelResult) -> tuple[list[str], list[str]]:
    """What bounds the model on each device; what the best has over the others."""
    subject = Subject(result.graph.model, result.target, {result.graph.batch: result.graph})
    texts = reasons(candidates(subject, [evaluation.question for evaluation in result.evaluations]))
    count = len(result.evaluations)
    return texts[:count], texts[count:]


def _device(result: ModelResult, evaluation: Evaluation, unchanged: Estimate | None, portrait: str) -> DevicePart:
    device, graph = evaluation.question.device, fused_graph(evaluation)
    path = set(critical_path(evaluation.graph, evaluation.operator_seconds))
    working = working_kernels(evaluation)
    return DevicePart(
        id=device.id,
        name=device.name,
        title=device_title(evaluation),
        inputs=input_texts(evaluation),
        tiles=_tiles(evaluation),
        portrait=portrait,
        totals=[row for row in totals_rows(evaluation) if row[0] not in _IN_TILES],
        what_if=what_if_text(evaluation, unchanged) if unchanged is not None else "",
        latency_s=_interval(evaluation.latency),
        energy_j=_interval(evaluation.energy),
        edp_js=evaluation.edp,
        units=evaluation.totals.allocations.units,
        unit_name=unit_name(evaluation),
        ceilings=_ceilings(
            device, [evaluation.subgraphs[index].precision for index in working] or [evaluation.question.storage]
        ),
        bandwidths=_bandwidths(device),
        kernels=[_kernel(result, evaluation, index, path) for index in working],
        graph=graph_svg(graph),
        graph_note=graph.note,
        assumptions=assumptions(evaluation),
    )


def _interval(found: Interval) -> IntervalRecord:
    return IntervalRecord(value=found.value, low=found.low, high=found.high)


def _tiles(evaluation: Evaluation) -> list[Tile]:
    bottleneck, share = main_bottleneck(evaluation)
    peak, capacity = evaluation.peak_memory_bytes, evaluation.question.device.memory.dram_size.si
    watts = evaluation.energy.value / evaluation.latency.value if evaluation.latency.value else 0.0
    bound = f"{bottleneck}-bound {units.percent(share)} of the time"
    return [
        Tile(name="Latency", value=units.seconds(evaluation.latency.value),
             interval=_between(evaluation.latency, "s"), note=bound),
        Tile(name="Energy", value=units.joules(evaluation.energy.value),
             interval=_between(evaluation.energy, "J"), note=energy_split(evaluation)),
        Tile(name="EDP", value=units.edp(evaluation.edp), interval="", note=f"{units.large(watts, 'W')} on average"),
        Tile(name="Peak memory", value=units.data(peak), interval="",
             note=f"{units.percent(peak / capacity)} of {units.data(capacity)}"),
    ]  # fmt: skip


def _between(found: Interval, unit: str) -> str:
    return f"{units.small(found.low, unit)} to {units.small(found.high, unit)}"


def _ceilings(device: HardwareProfile, precisions: Iterable[Precision]) -> list[Ceiling]:
    """The peaks of the units that a model's precisions use, the highest first."""
    found: dict[str, float] = {}
    for precision in dict.fromkeys(precisions):
        if precision in device.compute.matrix:
            found[f"{precision.value} matrix unit"] = device.compute.matrix[precision].si
        # What vector units lack runs as FP32.
        own = precision if device.peak_flops(precision, matrix=False) else Precision.FP32
        found[f"{own.value} vector unit"] = vector_peak(device, own)
    return [Ceiling(name=name, rate=found[name]) for name in sorted(found, key=lambda name: -found[name])]


def _bandwidths(device: HardwareProfile) -> list[Ceiling]:
    """What the memory delivers, and the last level of cache where it is known."""
    memory = device.memory
    found = [Ceiling(name="memory", rate=memory.dram_bandwidth.si)]
    if memory.llc_bandwidth is not None:
        found.append(Ceiling(name="last-level cache", rate=memory.llc_bandwidth.si))
    return found


def _kernel(result: ModelResult, evaluation: Evaluation, index: int, path: set[int]) -> KernelPart:
    estimate, graph = evaluation.subgraphs[index], evaluation.graph
    allocation = estimate.allocation
    file, line = user_line(result.target, evaluation.leading_operator(index))
    return KernelPart(
        id=estimate.subgraph.id,
        name=subgraph_name(evaluation, index),
        pattern=estimate.subgraph.pattern,
        ends=list(estimate.subgraph.ends),
        precision=estimate.precision.value,
        bottleneck=estimate.bottleneck,
        latency_s=estimate.latency_s,
        work_s=float(evaluation.totals.times.work_s[index]),
        energy_j=estimate.energy.total,
        edp_share=estimate.edp_share,
        flops=sum(evaluation.costs[o].flops for o in estimate.subgraph.operators),
        bytes=estimate.subgraph.bytes,
        units_used=allocation.units_used,
        utilization=estimate.utilization,
        tiles=allocation.tiles,
        waves=allocation.waves,
        fallback=allocation.fallback,
        critical=not path.isdisjoint(estimate.subgraph.operators),
        file=file,
        line=line,
        operators=[
            OperatorPart(
                name=graph.operators[o].name,
                kind=graph.operators[o].kind,
                module=graph.operators[o].module,
                edp_share=evaluation.operator_shares[o],
            )
            for o in estimate.subgraph.operators
            if evaluation.costs[o].family != "view"
        ],
    )
