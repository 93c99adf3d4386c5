"""Graph to subgraphs: which operators one kernel runs, by execution mode and device."""

from .folding import with_folded_norms
from .partition import Partition, Pattern, Subgraph, partition, patterns
from .policy import MODES, Dispatch, Mode, Policy, modes_of, modes_on, policy_for, policy_on
from .written_attention import with_fused_attention, written_attention

__all__ = [
    "MODES", "Dispatch", "Mode", "Partition", "Pattern", "Policy", "Subgraph", "modes_of", "modes_on", "partition", "patterns",
    "policy_for", "policy_on", "with_folded_norms", "with_fused_attention", "written_attention",
]  # fmt: skip
