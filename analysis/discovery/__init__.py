"""Text to the places where models are: reads the syntax tree only, never executes, tolerates broken files."""

from .classes import Discovery, ModelClass, SyntaxProblem, discover
from .targets import FileTarget, ModuleTarget, Target, UsageError, parse_target

__all__ = [
    "Discovery",
    "FileTarget",
    "ModelClass",
    "ModuleTarget",
    "SyntaxProblem",
    "Target",
    "UsageError",
    "discover",
    "parse_target",
]
