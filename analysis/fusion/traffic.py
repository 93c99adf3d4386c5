"""What a kernel reads from and writes to memory: each outside tensor once, and of its results those that somebody else reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..costs import row_length
from .dataflow import Dataflow
from .operands import Numbers, Operands
from .policy import Policy

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the kernels of a graph move: the owners of its rows are kernels. `again`: activations that come a second time.

    `unread`: results that nobody reads, where those are written. `apart`: what the operators would move as kernels of their own.
    """

    read: Operands
    again: Operands
    weights: Operands
    written: Operands
    unread: Operands
    apart: tuple[Operands, ...]


def traffic_of(groups: Sequence[Sequence[int]], flow: Dataflow, policy: Policy) -> Traffic:
    """The traffic of kernels, each given by its working operators."""
    home = np.full(len(flow.costs) + 1, -1, dtype=np.int64)
    home[[member for group in groups for member in group]] = np.repeat(np.arange(len(groups)), list(map(len, groups)))
    reads, writes = _of_kernels(flow.reads, home), _of_kernels(flow.writes, home)
    again = _of_kernels(_read_twice(flow, policy), home)

    # Of what a kernel reads, whatever its own operators made stays inside.
    outside = home[flow.makers[reads.tensors]] != reads.owners
    data = np.array(flow.data, dtype=np.int64)[reads.tensors[outside]]
    read = Operands(reads.owners[outside], data, reads.elements[outside]).largest()
    constant = flow.weights[read.tensors]
    activations = read.where(~constant)
    # A kernel with a long row reads whatever the row is made from again, as far as it came from outside.
    longest = np.full(len(groups), -1, dtype=np.int64)
    np.maximum.at(longest, again.owners, again.elements)

    shown, readers = flow.passed
    leaves, used = np.array(flow.is_returned), np.array(flow.is_returned)
    used[shown] = True
    leaves[shown[home[flow.makers[shown]] != home[readers]]] = True
    # Whoever reads a tensor after a part of it was overwritten reads the rest too.
    for whole, part in reversed(flow.patched):
        leaves[whole] |= leaves[part] and home[flow.makers[whole]] == home[flow.makers[part]]
    return Traffic(
        read=activations,
        again=activations.where(activations.elements == longest[activations.owners]),
        weights=read.where(constant),
        written=writes.where(leaves[writes.tensors]),
        unread=writes.where(~used[writes.tensors] & policy.unread),
        apart=(reads, again, writes.where(used[writes.tensors])),
    )


def _of_kernels(operands: Operands, home: Numbers) -> Operands:
    """The rows of operators as rows of their kernels."""
    return operands._replace(owners=home[operands.owners])


def _read_twice(flow: Dataflow, policy: Policy) -> Operands:
    """What norms over long rows read a second time, each on its own."""
    if policy.row is None:
        return Operands.of(())
    graph, costs = flow.graph, flow.costs
    norms = (o for o in flow.working if costs[o].family == "normalization")
    long = np.zeros(len(costs) + 1, dtype=np.bool_)
    long[[o for o in norms if row_length(graph.operators[o], graph) > policy.row]] = True
    return flow.reads.where(long[flow.reads.owners] & ~flow.weights[flow.reads.tensors])
