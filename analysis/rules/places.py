"""Where in the user's code a module or an operator is to be pointed at, and how it is called there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..graph import Operator, SourceLine
from ..pipeline import Analysis, ModelResult


def place_of(result: ModelResult, analysis: Analysis, operator: Operator) -> SourceLine:
    """The line that constructs the operator's module, else the line that runs it: inside a class of the analysed file, or,
    when the model comes from elsewhere, the innermost line known."""
    module = result.graph.module_by_path.get(operator.module)
    constructed = module.constructed if module is not None and operator.name == operator.module else ()
    for places in (constructed, operator.source):
        inside = [place for place in places if _inside(result, analysis, place)]
        if inside:
            return replace(inside[0], file=result.target.partition("::")[0])
    fallback = (*constructed, *operator.source)
    return fallback[0] if fallback else SourceLine(result.target, 1)


def class_line(result: ModelResult, analysis: Analysis) -> SourceLine:
    """The line of the model's class: of the one that ran, where several of the file have its name."""
    file, _, name = result.target.partition("::")
    ran = result.graph.defined
    if ran is not None and Path(ran.file).resolve() == Path(file).resolve():
        return replace(ran, file=file)
    known = (model.line for model in analysis.discovery.classes if model.name == name)
    return SourceLine(file, next(known, 1))


def analyzed_file(analysis: Analysis) -> str:
    """The file that the analysis is of, as its targets name it; empty where it has none."""
    targets = [*(result.target for result in analysis.results), *(problem.target for problem in analysis.problems)]
    return next((target.partition("::")[0] for target in targets), "")


def label(operator: Operator) -> str:
    """`layer4.0.conv1 (conv2d)`; the kind once where the name says it."""
    return operator.name if operator.kind in operator.name else f"{operator.name} ({operator.kind})"


def _inside(result: ModelResult, analysis: Analysis, place: SourceLine) -> bool:
    file = result.target.partition("::")[0]
    if Path(place.file).resolve() != Path(file).resolve():
        return False
    return any(model.line <= place.line <= model.end_line for model in analysis.discovery.classes)
