"""GP101: a layer that holds much of the model's cost waits for memory."""

from __future__ import annotations

from collections.abc import Iterable

from ...hardware_profiles import Precision
from ..estimate import Evaluation, SubgraphEstimate
from ..pipeline import Analysis, ModelResult
from ..report import units
from .finding import Finding, Rule
from .places import label, place_of

_LEAST_SHARE = 0.05
_MOST_FINDINGS = 3


def check(analysis: Analysis) -> Iterable[Finding]:
    """One finding a line for memory-bound kernels that together hold a twentieth of the model's EDP."""
    for result in analysis.results:
        for evaluation in result.evaluations:
            yield from _check(analysis, result, evaluation)


def _check(analysis: Analysis, result: ModelResult, evaluation: Evaluation) -> Iterable[Finding]:
    by_line: dict[tuple[str, int], list[int]] = {}
    for index, estimate in enumerate(evaluation.subgraphs):
        if estimate.bottleneck == "memory":
            place = place_of(result, analysis, evaluation.leading_operator(index))
            by_line.setdefault((place.file, place.line), []).append(index)
    shares = {key: sum(evaluation.subgraphs[i].edp_share for i in held) for key, held in by_line.items()}
    for key in sorted(shares, key=lambda k: -shares[k])[:_MOST_FINDINGS]:
        if shares[key] >= _LEAST_SHARE:
            message = _message(evaluation, by_line[key], shares[key])
            yield Finding(
                RULE.code, message, *key, RULE.severity, result.target, evaluation.question.device.id, shares[key]
            )


def _message(evaluation: Evaluation, indices: list[int], share: float) -> str:
    question = evaluation.question
    worst = max(indices, key=lambda i: evaluation.subgraphs[i].edp_share)
    estimate = evaluation.subgraphs[worst]
    moved = sum(evaluation.subgraphs[i].subgraph.bytes for i in indices)
    seconds = sum(evaluation.subgraphs[i].latency_s for i in indices)
    flops = sum(evaluation.subgraphs[i].kernel.flops for i in indices)
    intensity = flops / moved if moved else 0.0
    peak = question.device.peak_flops(estimate.precision, estimate.kernel.macs > 0) or 0.0
    ridge = peak / question.device.memory.dram_bandwidth.si
    advice = _advice(evaluation, estimate)
    moves = "They move" if len(indices) > 1 else "It moves"
    more = f" and {len(indices) - 1} more from this line" if len(indices) > 1 else ""
    return (
        f"{label(evaluation.leading_operator(worst))}{more}: memory-bound on {question.device.name}, "
        f"{units.percent(share)} of EDP. {moves} {units.data(moved)} in {units.seconds(seconds)} at "
        f"{units.three_digits(intensity)} FLOP/byte; the ridge is {units.three_digits(ridge)}. {advice}"
    )


def _advice(evaluation: Evaluation, estimate: SubgraphEstimate) -> str:
    question, subgraph = evaluation.question, estimate.subgraph
    if subgraph.bytes_weights > subgraph.bytes / 2:
        share = units.percent(subgraph.bytes_weights / subgraph.bytes)
        return f"Weights are {share} of the traffic: a larger batch would reuse them."
    if _handles_scores(evaluation, estimate):
        return "F.scaled_dot_product_attention would not write the scores to memory."
    if question.mode == "eager" and estimate.kernel.family in ("pointwise", "normalization", "reduction", "movement"):
        return "torch.compile would fuse it with its neighbours."
    if (
        isinstance(question.precision, Precision)
        and question.precision.bytes > 2
        and question.device.supports(Precision.FP16)
    ):
        return "In FP16 it would move half the bytes."
    families = {family for _, family in estimate.kernel.operators}
    if question.mode == "compiled" and families == {"pointwise"}:
        return "A compiler that ends convolutions and matmuls with such chains would remove this pass."
    images = any(cost.family == "convolution" for cost in evaluation.costs)
    smaller = "a lower resolution" if images else "a shorter input"
    return f"The traffic is activations: fewer channels or {smaller} would shrink it."


def _handles_scores(evaluation: Evaluation, estimate: SubgraphEstimate) -> bool:
    """Whether it takes the softmax of products: attention that is written out."""
    graph = evaluation.graph
    for operator in estimate.subgraph.operators:
        if graph.operators[operator].kind != "softmax":
            continue
        before = graph.predecessors[operator]
        while before and evaluation.costs[before[0]].family in ("pointwise", "view"):
            before = graph.predecessors[before[0]]
        return any(evaluation.costs[producer].family == "matmul" for producer in before)
    return False


RULE = Rule(
    code="GP101",
    name="memory-bound-layer",
    summary="A layer that holds much of the model's energy-delay product waits for memory.",
    explanation=(
        "The kernel's arithmetic intensity (FLOP per byte moved) lies below the device's ridge (peak FLOP/s over DRAM "
        "bandwidth), so its time is the time of its traffic. It is reported when the kernels of one source line hold at least "
        "5 % of the model's EDP, at most three lines a model and device.\n\n"
        "What helps: fusion (`torch.compile`), a narrower precision, a larger batch where weights dominate the traffic."
    ),
    severity="warning",
    check=check,
)
