"""An analysis as the JSON report."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from ..costs import Sizes, parallelism_of
from ..estimate import Estimate, Evaluation
from ..fusion import patterns, policy_for
from ..graph import Operator
from ..pipeline import Analysis, ModelResult, shown_file
from ..what_if import names
from . import units
from .records import (
    allocation_record,
    concurrency_record,
    fusion_record,
    parallelism_record,
    totals_record,
)
from .schema import (
    Coverage,
    ErrorRecord,
    InputRecord,
    OperatorRecord,
    PatternRecord,
    Report,
    ReportFile,
    SubgraphRecord,
    WhatIfRecord,
)


def report_file(analyses: Iterable[Analysis]) -> ReportFile:
    """All models of all targets on all devices, and all errors."""
    gathered = list(analyses)
    reports = [
        _report(result, evaluation, unchanged)
        for analysis in gathered
        for result in analysis.results
        for evaluation, unchanged in zip_longest(result.evaluations, result.unchanged)
    ]
    errors = [
        ErrorRecord(target=p.target, code="GP901", message=p.message, file=p.file, line=p.line)
        for analysis in gathered
        for p in analysis.problems
    ]
    return ReportFile(reports=reports, errors=errors)


def assumptions(evaluation: Evaluation) -> list[str]:
    """Everything the figures rest on that nobody stated or measured."""
    graph, device = evaluation.graph, evaluation.question.device
    texts = [
        f"input {spec.name or index}: {units.shape(spec.shape)} {spec.dtype}, {spec.origin}"
        for index, spec in enumerate(graph.inputs)
        if spec.origin.startswith("assumed")
    ]
    texts += graph.assumptions
    unmodelled = sorted({graph.operators[i].kind for i, cost in enumerate(evaluation.costs) if not cost.modelled})
    if unmodelled:
        texts.append(f"not modelled, bytes only: {', '.join(unmodelled)}")
    texts += _fused_by(evaluation)
    texts += _converted_layouts(evaluation)
    texts += _cleared_pages(evaluation)
    texts += _trust(evaluation)
    if device.assumptions():
        texts.append(f"figures of {device.id} without a source: {', '.join(device.assumptions())}")
    return texts


def _trust(evaluation: Evaluation) -> list[str]:
    """What the figures of time and energy rest on."""
    found, device = evaluation.totals, evaluation.question.device
    fitted = {"latency": found.calibrated, "energy": device.energy_calibrated}
    texts = [f"{what} is {'' if on else 'not '}calibrated on this device" for what, on in fitted.items()]
    if not device.energy_calibrated:
        texts[-1] += ": its interval is assumed"
    if found.clock_share < 1.0:
        watts = units.large(device.power.tdp.si, "W")
        texts.append(f"the power limit of {watts} leaves {units.percent(found.clock_share)} of the clock")
    return texts


def _converted_layouts(evaluation: Evaluation) -> list[str]:
    """Time that convolutions take beside the traffic that they show."""
    converted = evaluation.question.device.kind == "gpu" and any(
        found.kernel.contiguous_convolution and found.allocation.conversion_s > 0 for found in evaluation.subgraphs
    )
    text = "eager convolutions in half precision convert the layout of their tensors; it is in their time, not in their bytes"
    return [text] if converted else []


def _cleared_pages(evaluation: Evaluation) -> list[str]:
    """Memory that the system clears in every run."""
    cleared = float(evaluation.totals.allocations.cleared_bytes.sum())
    text = f"the system clears {units.data(cleared)} of pages a run, which glibc gave back; it is in the kernels' time"
    return [text] if cleared else []


def _fused_by(evaluation: Evaluation) -> list[str]:
    """What the kernels rest on where they are not those of PyTorch, and whose they are where a mode does not say so."""
    mode, kind = evaluation.question.mode, evaluation.question.device.kind
    policy = policy_for(mode, kind)
    if not policy.note:
        return []
    return [policy.note if mode == policy.name else f"{mode} on a {kind} means {policy.name}: {policy.note}"]


def _report(result: ModelResult, evaluation: Evaluation, unchanged: Estimate | None) -> Report:
    graph, question = evaluation.graph, evaluation.question
    sizes = Sizes(graph, question.storage.bytes)
    return Report(
        model=graph.model,
        contains=list(graph.contains),
        target=result.target,
        hardware=question.device.id,
        precision=question.precision.value,
        mode=question.mode,
        batch=graph.batch,
        inputs=[InputRecord(shape=list(i.shape), dtype=i.dtype, origin=i.origin) for i in graph.inputs],
        assumptions=assumptions(evaluation),
        coverage=Coverage(operators=len(graph.operators), modelled=evaluation.modelled),
        totals=totals_record(evaluation),
        what_if=_what_if(evaluation, unchanged),
        concurrency=concurrency_record(evaluation.concurrency),
        patterns=[
            PatternRecord(pattern=p.kinds, count=p.count, bytes_saved=p.bytes_saved)
            for p in patterns(e.subgraph for e in evaluation.subgraphs)
        ],
        subgraphs=[_subgraph(result, evaluation, index, sizes) for index in range(len(evaluation.subgraphs))],
    )


def _what_if(evaluation: Evaluation, unchanged: Estimate | None) -> WhatIfRecord | None:
    if unchanged is None:
        return None
    return WhatIfRecord(
        set=list(names(evaluation.question.what_if)),
        latency_s=unchanged.latency.value,
        energy_j=unchanged.energy.value,
        edp_js=unchanged.edp,
    )


def _subgraph(result: ModelResult, evaluation: Evaluation, index: int, sizes: Sizes) -> SubgraphRecord:
    estimate = evaluation.subgraphs[index]
    operators = [evaluation.graph.operators[o] for o in estimate.subgraph.operators]
    lead = evaluation.leading_operator(index)
    return SubgraphRecord(
        id=estimate.subgraph.id,
        name=subgraph_name(evaluation, index),
        pattern=estimate.subgraph.pattern,
        ends=list(estimate.subgraph.ends),
        bytes=estimate.subgraph.bytes,
        bytes_saved=estimate.subgraph.bytes_saved,
        stage=estimate.stage,
        threads=parallelism_of(lead, evaluation.costs[lead.id], evaluation.graph).threads,
        allocation=allocation_record(estimate.allocation),
        fusion=fusion_record(evaluation, [index]),
        precision=estimate.precision.value,
        bottleneck=estimate.bottleneck,
        latency_s=estimate.latency_s,
        energy_j=estimate.energy.total,
        edp_share=estimate.edp_share,
        utilization=estimate.utilization,
        operators=[_operator(result, evaluation, operator, sizes) for operator in operators],
    )


def subgraph_name(evaluation: Evaluation, index: int) -> str:
    """The name of the operator that leads the kernel."""
    return evaluation.leading_operator(index).name


def _operator(result: ModelResult, evaluation: Evaluation, operator: Operator, sizes: Sizes) -> OperatorRecord:
    cost = evaluation.costs[operator.id]
    algorithm = operator.attribute("algorithm")
    file, line = user_line(result.target, operator)
    return OperatorRecord(
        name=operator.name,
        kind=operator.kind,
        file=file,
        line=line,
        macs=cost.macs,
        flops=cost.flops,
        bytes=sizes.total(cost.reads) + sizes.total(cost.writes),
        parallelism=parallelism_record(parallelism_of(operator, cost, evaluation.graph)),
        edp_share=evaluation.operator_shares[operator.id],
        algorithm=str(algorithm) if algorithm else None,
    )


def user_line(target: str, operator: Operator) -> tuple[str | None, int | None]:
    """The innermost line of the analysed file (or of any user file) that led to the operator."""
    for place in operator.source:
        shown = shown_file(place.file, target)
        if shown != place.file:
            return shown, place.line
    return (operator.source[0].file, operator.source[0].line) if operator.source else (None, None)
