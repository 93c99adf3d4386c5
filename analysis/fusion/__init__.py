"""Graph to subgraphs: which operators one kernel runs, by execution mode."""

from .partition import Partition, Subgraph, partition
from .policy import MODES, Mode, Policy, policy_for

__all__ = ["MODES", "Mode", "Partition", "Policy", "Subgraph", "partition", "policy_for"]
