"""Text to the places where models are: reads the syntax tree only, never executes, tolerates broken files."""

from .calls import Candidate, InputHint
from .classes import Discovery, ModelClass, SyntaxProblem, discover
from .imports import Imports
from .project import configured, hardware_paths, project_table
from .source import UnreadableSource, read_python
from .targets import FileTarget, ModuleTarget, Target, UsageError, check_file, parse_target

__all__ = [
    "Candidate",
    "Discovery",
    "FileTarget",
    "Imports",
    "InputHint",
    "ModelClass",
    "ModuleTarget",
    "SyntaxProblem",
    "Target",
    "UnreadableSource",
    "UsageError",
    "check_file",
    "configured",
    "discover",
    "hardware_paths",
    "parse_target",
    "project_table",
    "read_python",
]
