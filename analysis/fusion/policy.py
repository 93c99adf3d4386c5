"""The execution modes as data: which families of operators may share a kernel with which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from ..costs import Family

Mode = Literal["eager", "compiled", "ideal"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Policy:
    """What may fuse. `fusible` families share kernels with each other; an anchor starts a kernel of its own.

    `epilogue`: families that may follow an anchor in its kernel, unless they join a second result (a residual add).
    `same_depth`: producer and consumer must have the same number of anchors before them (inductor schedules between its
    extern kernels).
    """

    fusible: frozenset[Family]
    anchors: frozenset[Family]
    epilogue: frozenset[Family]
    same_depth: bool


_ANCHORS: frozenset[Family] = frozenset({"convolution", "matmul", "attention", "recurrent", "pool"})
_STREAMING: frozenset[Family] = frozenset({"pointwise", "normalization", "reduction", "movement"})
_POLICIES: Mapping[Mode, Policy] = {
    # One kernel an operator.
    "eager": Policy(frozenset(), _ANCHORS, frozenset(), False),
    # torch.compile with its defaults (read in torch 2.13): convolution, matmul and attention are extern kernels without
    # epilogue; pointwise operators fuse with each other and with reductions.
    "compiled": Policy(_STREAMING, _ANCHORS, frozenset(), True),
    # The bound: in addition, a chain of pointwise operators ends the kernel of the convolution or matmul before it.
    "ideal": Policy(_STREAMING, _ANCHORS, frozenset({"pointwise"}), False),
}


def policy_for(mode: Mode) -> Policy:
    """The fusion policy of an execution mode."""
    return _POLICIES[mode]
