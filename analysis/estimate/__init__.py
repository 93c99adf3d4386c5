"""Latency, energy and memory of a mapped graph, each with an interval and its provenance."""

from .evaluate import Evaluation, Question, SubgraphEstimate, evaluate
from .interval import Interval
from .memory import peak_memory

__all__ = ["Evaluation", "Interval", "Question", "SubgraphEstimate", "evaluate", "peak_memory"]
