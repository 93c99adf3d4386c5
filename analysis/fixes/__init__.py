"""Fixes: edits that follow the advice of a rule, with what they are predicted to change."""

from .edit import Edit, edited, edits_between
from .fix import Fix, Rewriting
from .offer import Fixed, Offer, Session, fixed, offers
from .registry import FIXABLE, fix_for

__all__ = [
    "FIXABLE", "Edit", "Fix", "Fixed", "Offer", "Rewriting", "Session", "edited", "edits_between", "fix_for", "fixed", "offers",
]  # fmt: skip
