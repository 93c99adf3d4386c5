"""Where the host waits for the device, and what that costs: operators whose result Python needs, or the size of a tensor."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ..constants import constant
from ..costs import cost_of
from ..estimate import Evaluation
from ..graph import Graph, Operator, Role

# Their CUDA kernels copy a value or a count to the host (aten/src/ATen/native/cuda: Nonzero.cu, Unique.cu, SummaryOps.cu;
# torchvision/csrc/ops/cuda/nms_kernel.cu); `index` and `index_put` with a mask call nonzero, repeats without a size sum them.
_WAITING = frozenset(
    "local_scalar_dense equal nonzero masked_select unique unique2 unique_dim unique_consecutive bincount nms".split()
)
_MASKED = frozenset({"index", "index_put"})
_RANDOM = ("rand", "normal", "bernoulli", "uniform", "dropout")


def waits(graph: Graph) -> list[Operator]:
    """The operators of a graph for which the host waits on a GPU, in order. What follows from no input and no weight
    (`torch.arange(4).max().item()`) is known to the host."""
    found = [operator for operator in graph.operators if _waits(operator, graph)]
    from_data = following(graph, ("input", "parameter", "buffer")) if found else set[int]()
    return [operator for operator in found if operator.id in from_data]


def following(graph: Graph, roles: Collection[Role]) -> set[int]:
    """The operators whose results depend on the values of tensors of these roles, or on chance. `zeros_like` reads a shape."""
    there = {tensor.id for tensor in graph.tensors if tensor.role in roles}
    found: set[int] = set()
    for operator in graph.operators:
        reads = operator.view or bool(cost_of(operator, graph).reads)
        if operator.kind.startswith(_RANDOM) or (reads and there.intersection(operator.inputs)):
            there.update(operator.outputs)
            found.add(operator.id)
    return found


def _waits(operator: Operator, graph: Graph) -> bool:
    if operator.kind == "repeat_interleave":
        return len(operator.inputs) == 1 and operator.attribute("output_size") is None
    masked = operator.kind in _MASKED and any(graph.tensors[t].dtype == "bool" for t in operator.inputs[1:])
    return masked or operator.kind in _WAITING


def lost_lead(evaluation: Evaluation, waiting: Collection[int]) -> float:
    """Seconds that a run takes longer because the host waits after some kernels (by index): it loses its lead there, and
    the device then waits for the next dispatch. The copy to the host itself is not counted.

    Between two waits host and device overlap as in a whole run, ‖(H, D)‖ₚ (`estimate/latency.py`).
    """
    times, order = evaluation.totals.times, constant("gpu", "overlap_norm")
    total = float(times.seconds.sum())
    position = {kernel: place for place, kernel in enumerate(evaluation.order)}
    starts = np.unique([0, *(position[kernel] + 1 for kernel in waiting)])
    starts = starts[starts < len(evaluation.order)]
    # A kernel's part of the total is hᵢ·(H/T)ᵖ⁻¹: the parts of one chain tell its length.
    chains = [
        (float(part.sum()) * total ** (order - 1)) ** (1 / order) * part / (float(part.sum()) or 1.0)
        for part in (times.host_s, times.device_s)
    ]
    host, device = (np.add.reduceat(chain[list(evaluation.order)], starts) for chain in chains)
    return max(0.0, float(((host**order + device**order) ** (1 / order)).sum()) - total)
