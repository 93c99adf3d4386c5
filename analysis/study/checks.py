"""What holds for every model on every device: a check is a small function from an evaluation to what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isclose, isfinite

from ..estimate import Evaluation
from ..fusion.dataflow import Dataflow
from .families import FIGURES, Family

_TIGHT = 1e-9
_OF_ANY_SIZE = ("parameters", "operators")
_OF_ONE_SAMPLE = (
    "operators",
    "pointwise_traffic",
)  # PyTorch leaves out copies at batch 1, and weights weigh more there


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `problem`: what is wrong, None when nothing is; `skipped`: why it was not looked at."""

    name: str
    text: str
    problem: str | None = None
    skipped: str | None = None


_Rule = Callable[[Evaluation], str | None]
_RULES: dict[str, tuple[str, _Rule]] = {}


def _rule(text: str) -> Callable[[_Rule], _Rule]:
    def register(rule: _Rule) -> _Rule:
        _RULES[rule.__name__.strip("_").replace("_", "-")] = (text, rule)
        return rule

    return register


def universal_checks(evaluation: Evaluation) -> Iterator[Check]:
    """Every check on one evaluation."""
    for name, (text, rule) in _RULES.items():
        yield Check(name, text, rule(evaluation))


def family_checks(family: Family, evaluation: Evaluation) -> Iterator[Check]:
    """The figures of a family against a model's."""
    sizes = evaluation.graph.inputs[0].shape[1:] if evaluation.graph.inputs else ()
    for figure, expected in family.ranges.items():
        text = f"{figure} between {expected.low:g} and {expected.high:g} ({expected.source})"
        if figure not in _OF_ANY_SIZE and sizes != family.input:
            yield Check(figure, text, skipped=f"the input is {_sizes(sizes)} a sample, not {_sizes(family.input)}")
            continue
        if figure in _OF_ONE_SAMPLE and evaluation.graph.batch != 1:
            yield Check(figure, text, skipped=f"the batch is {evaluation.graph.batch}, not 1")
            continue
        value = FIGURES[figure](evaluation)
        yield Check(figure, text, _outside(value, expected.low, expected.high))


def _outside(value: float, low: float, high: float) -> str | None:
    if low <= value <= high:
        return None
    bound, word = (low, "below") if value < low else (high, "above")
    far = f"{abs(value / bound - 1):.1%}".replace("%", " %") if bound else f"{abs(value - bound):g}"
    return f"{value:.4g} is {far} {word} {bound:g}"


def _sizes(sizes: tuple[int, ...]) -> str:
    return "×".join(map(str, sizes)) or "a number"


@_rule("the operators' and the kernels' shares of EDP sum to 1, none is negative")
def _shares(found: Evaluation) -> str | None:
    for name, shares in (("operators", found.operator_shares), ("kernels", [e.edp_share for e in found.subgraphs])):
        if shares and not isclose(sum(shares), 1.0, abs_tol=1e-6):
            return f"the shares of the {name} sum to {sum(shares):.9f}"
        if min(shares, default=0.0) < 0:
            return f"a share of the {name} is {min(shares):g}"
    return None


@_rule("the parts of latency and energy sum to the totals")
def _sums(found: Evaluation) -> str | None:
    kernels = found.subgraphs
    for name, parts, total in (
        ("operators' seconds", sum(found.operator_seconds), found.latency.value),
        ("operators' joules", sum(found.operator_joules), found.energy.value),
        ("kernels' seconds", sum(e.latency_s for e in kernels), found.latency.value),
        ("energy's components", sum(e.energy.compute + e.energy.memory + e.energy.static for e in kernels), found.energy.value),
    ):  # fmt: skip
        if not isclose(parts, total, rel_tol=_TIGHT, abs_tol=1e-15):
            return f"the {name} sum to {parts:g}, the total is {total:g}"
    return None


@_rule("every operator is in exactly one kernel")
def _partition(found: Evaluation) -> str | None:
    members = sorted(member for estimate in found.subgraphs for member in estimate.subgraph.operators)
    return None if members == list(range(len(found.graph.operators))) else "an operator is missing or counted twice"


@_rule("what a kernel reads is an input, a weight or what an earlier kernel wrote")
def _bytes_conserved(found: Evaluation) -> str | None:
    flow = Dataflow(found.graph, found.costs)
    home = found.home
    for operator in flow.working:
        for before in flow.predecessors[operator]:
            if home[before] != home[operator] and not any(
                flow.is_used(t) for t in found.graph.operators[before].outputs
            ):
                return f"{found.graph.operators[operator].name} reads what {found.graph.operators[before].name} does not write"
    return None


@_rule("fusion adds no traffic")
def _fused(found: Evaluation) -> str | None:
    for kernel in (estimate.subgraph for estimate in found.subgraphs):
        if kernel.bytes > kernel.bytes_separate * (1 + _TIGHT):
            return f"kernel {kernel.id} moves {kernel.bytes:g} B, its operators apart {kernel.bytes_separate:g} B"
    return None


@_rule("DRAM and cache move no less than the kernels read and write")
def _levels(found: Evaluation) -> str | None:
    for estimate in found.subgraphs:
        moved = estimate.allocation.dram_bytes + estimate.allocation.cache_bytes
        if moved < estimate.kernel.bytes * (1 - 1e-6):
            return f"kernel {estimate.subgraph.id} moves {estimate.kernel.bytes:g} B, over both levels {moved:g} B"
    return None


@_rule("the critical path takes no longer than the whole")
def _critical_path(found: Evaluation) -> str | None:
    path, total = found.concurrency.critical_path_s, found.latency.value
    return None if path <= total * (1 + _TIGHT) else f"the critical path takes {path:g} s of {total:g} s"


@_rule("there is arithmetic")
def _arithmetic(found: Evaluation) -> str | None:
    if sum(cost.macs for cost in found.costs) > 0:
        return None
    return "no multiply-accumulate: no convolution, matrix product or attention was captured"


@_rule("every operator has a cost function")
def _coverage(found: Evaluation) -> str | None:
    kinds = sorted({found.graph.operators[i].kind for i, cost in enumerate(found.costs) if not cost.modelled})
    missing = len(found.costs) - found.modelled
    return f"{missing} of {len(found.costs)} operators are not modelled: {', '.join(kinds)}" if missing else None


@_rule("the inputs are read and the outputs are computed")
def _ends(found: Evaluation) -> str | None:
    graph = found.graph
    # An operator may read a view that it makes itself.
    read = {graph.tensors[tensor].storage for tensor in graph.consumers}
    unread = [
        spec.name
        for spec, tensor in zip(graph.inputs, graph.input_tensors, strict=False)
        if graph.tensors[tensor].storage not in read
    ]
    if unread:
        return f"nothing reads the input {', '.join(unread)}"
    known = {*graph.producers, *graph.input_tensors}
    if not graph.output_tensors:
        return "the model returns no tensor"
    idle = [t for t in graph.output_tensors if t not in known and not graph.tensors[t].is_weight]
    return f"{len(idle)} of {len(graph.output_tensors)} outputs are not computed" if idle else None


@_rule("intervals contain their value; figures are finite and not negative")
def _intervals(found: Evaluation) -> str | None:
    for name, interval in (("latency", found.latency), ("energy", found.energy)):
        if not (isfinite(interval.high) and 0 <= interval.low <= interval.value <= interval.high):
            return f"{name} is {interval.value:g}, its interval {interval.low:g} to {interval.high:g}"
    return None


@_rule("the peak of memory holds at least the weights and one activation")
def _memory(found: Evaluation) -> str | None:
    width = found.question.storage.bytes
    weights = found.memory.weights.at(width)
    return (
        None
        if found.peak_memory_bytes > weights
        else f"the peak is {found.peak_memory_bytes:g} B, the weights {weights:g} B"
    )


@_rule("no unit works more than it can")
def _utilization(found: Evaluation) -> str | None:
    for estimate in found.subgraphs:
        allocation = estimate.allocation
        if not 0 <= allocation.fill <= 1 + _TIGHT or allocation.units_used > allocation.units:
            used = f"{allocation.units_used} of {allocation.units} units"
            return f"kernel {estimate.subgraph.id} fills {allocation.fill:g} with {used}"
    return None


@_rule("no kernel is faster than the device's peak and bandwidth allow")
def _roofline(found: Evaluation) -> str | None:
    device = found.question.device
    efficiency = device.efficiency
    # Above 1 where a device was measured at a higher clock than that of its peaks.
    reached = max(1.0, *(share.si for share in (efficiency.matrix, efficiency.convolution) if share is not None))
    for estimate in found.subgraphs:
        if estimate.allocation.fallback:
            continue  # another processor's
        peak = reached * max(device.peak_flops(estimate.precision, matrix) or 0.0 for matrix in (True, False))
        # Winograd's algorithm does without the others.
        multiplied = estimate.kernel.macs * (1 - estimate.allocation.spared)
        least = 2 * multiplied / peak if peak else 0.0
        busy = max(estimate.allocation.compute_s, estimate.allocation.memory_s)
        if busy < least * (1 - 1e-6):
            return f"kernel {estimate.subgraph.id} takes {busy:g} s, at the peak it would be {least:g} s"
    return None
