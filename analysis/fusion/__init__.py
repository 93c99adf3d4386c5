"""Graph to subgraphs: which operators one kernel runs, by execution mode and device."""

from .folding import with_folded_norms
from .partition import Partition, Pattern, Subgraph, partition, patterns
from .policy import MODES, Dispatch, Mode, Policy, modes_of, policy_for, policy_on

__all__ = [
    "MODES", "Dispatch", "Mode", "Partition", "Pattern", "Policy", "Subgraph", "modes_of", "partition", "patterns", "policy_for",
    "policy_on", "with_folded_norms",
]  # fmt: skip
