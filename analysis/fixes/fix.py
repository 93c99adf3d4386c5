"""What a fix is, and what it makes of a place in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .edit import Edit

if TYPE_CHECKING:
    from .place import Place


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The edits of one fix at one place; `title` and `caution` where they differ from those of the fix."""

    edits: tuple[Edit, ...]
    title: str = ""
    caution: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """A way to follow the advice of a rule.

    `title` is an imperative. `caution` says what it may change besides the cost, in words; without one it is safe: the model
    keeps its outputs and its `state_dict`. `pays`: it is only offered where it saves something; else wherever it costs nothing.
    """

    title: str
    rewrite: Callable[[Place], Rewriting | None]
    caution: str = ""
    pays: bool = True
