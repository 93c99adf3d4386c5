"""Latency, energy and memory of a mapped graph, each with an interval and its provenance."""

from .evaluate import Evaluation, SubgraphEstimate, evaluate
from .interval import Interval
from .on_device import Estimate, Question, as_compiled, as_run, estimate, on_device
from .plan import Plan

__all__ = [
    "Estimate",
    "Evaluation",
    "Interval",
    "Plan",
    "Question",
    "SubgraphEstimate",
    "as_compiled",
    "as_run",
    "estimate",
    "evaluate",
    "on_device",
]
