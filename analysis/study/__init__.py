"""Many questions about few models: compare, sweep, recommend, validate."""

from .grid import Grid, Skipped
from .points import Point, evaluate_points
from .subjects import Subject, subjects_of

__all__ = ["Grid", "Point", "Skipped", "Subject", "evaluate_points", "subjects_of"]
