"""Graph to subgraphs: which operators one kernel runs, by execution mode."""

from .partition import Subgraph, partition
from .policy import MODES, Mode, Policy, policy_for

__all__ = ["MODES", "Mode", "Policy", "Subgraph", "partition", "policy_for"]
