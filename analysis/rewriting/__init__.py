"""Graphs as they would be if the code were written otherwise, to be estimated beside what it is."""

from .edit import Rewriting
from .otherwise import appending, batched, ungrouped, unwritten_broadcasts

__all__ = ["Rewriting", "appending", "batched", "ungrouped", "unwritten_broadcasts"]
