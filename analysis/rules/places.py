"""Where in the user's code a module or an operator is to be pointed at, and how it is called there."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ..graph import Operator, SourceLine
from ..pipeline import Analysis, ModelResult


def place_of(result: ModelResult, analysis: Analysis, operator: Operator, *, running: bool = False) -> SourceLine:
    """The line that constructs the operator's module, else (or where only that is asked for) the line that runs it: inside a
    class of the analysed file, or, when the model comes from elsewhere, the innermost line known."""
    module = result.graph.module_by_path.get(operator.module)
    own = module is not None and operator.name == operator.module and not running
    constructed = module.constructed if module is not None and own else ()
    for places in (constructed, operator.source):
        inside = [place for place in places if _inside(result, analysis, place)]
        if inside:
            return replace(inside[0], file=result.target.partition("::")[0])
    fallback = (*constructed, *operator.source)
    return fallback[0] if fallback else SourceLine(result.target, 1)


def class_line(result: ModelResult, analysis: Analysis) -> SourceLine:
    """The line of the model's class: of the one that ran, where several of the file have its name, or where the target is
    no file."""
    file, _, name = result.target.partition("::")
    ran = result.graph.defined
    if ran is not None and not name:
        return ran
    if ran is not None and Path(ran.file).resolve() == Path(file).resolve():
        return replace(ran, file=file)
    known = (model.line for model in analysis.discovery.classes if model.name == name)
    return SourceLine(file, next(known, 1))


def analyzed_file(analysis: Analysis) -> str:
    """The file that the analysis is of, as its targets name it; empty where it has none."""
    targets = [*(result.target for result in analysis.results), *(problem.target for problem in analysis.problems)]
    return next((target.partition("::")[0] for target in targets), "")


def label(operator: Operator, together: int = 1) -> str:
    """`layer4.0.conv1 (conv2d)`, the kind once where the name says it; with `and 3 more from this line` for the first of four
    that are spoken of together."""
    name = operator.name if operator.kind in operator.name else f"{operator.name} ({operator.kind})"
    return f"{name} and {together - 1} more from this line" if together > 1 else name


@lru_cache(256)
def _resolved(file: str) -> Path:
    """An absolute path without links: asked about thousands of operators of few files."""
    return Path(file).resolve()


def _inside(result: ModelResult, analysis: Analysis, place: SourceLine) -> bool:
    file = result.target.partition("::")[0]
    if _resolved(os.path.abspath(place.file)) != _resolved(os.path.abspath(file)):
        return False
    return any(model.line <= place.line <= model.end_line for model in analysis.discovery.classes)
