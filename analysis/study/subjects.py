"""The models of a study, captured at the batch sizes that it asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..batch import graphs_at
from ..discovery import FileTarget, Target, UsageError
from ..graph import Graph
from ..pipeline import CapturedModel, Capturer, Problem, Progress, capture_models
from ..settings import Options


@dataclass(frozen=True, slots=True)
class Subject:
    """A model, and its graph by batch size. `name` tells it from the other models of a study."""

    name: str
    target: str
    graphs: Mapping[int, Graph]


class _Failed(Exception):
    """A capture at a further batch size failed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def subjects_of(
    target: Target, batches: Sequence[int], options: Options, capturer: Capturer, progress: Progress | None = None
) -> tuple[list[Subject], list[Problem]]:
    """The models of a target, and those that could not be captured. Without `batches`, inputs stay as they are given."""
    first = capture_models(target, replace(options, batch=batches[0]) if batches else options, capturer, None, progress)
    found: list[Subject] = []
    problems = [problem for problem in first.problems if not problem.part]
    for model in first.models:
        try:
            found.append(
                Subject(_name(model), model.target, _graphs(target, model, batches, options, capturer, progress))
            )
        except _Failed as failed:
            problems.append(failed.problem)
    if not found and not problems:
        raise UsageError(f"{target}: no nn.Module class found")
    return found, problems


def _graphs(
    target: Target, model: CapturedModel, batches: Sequence[int], options: Options, capturer: Capturer,
    progress: Progress | None,
) -> Mapping[int, Graph]:  # fmt: skip
    if not batches:
        return {model.graph.batch: model.graph}
    alone = FileTarget(target.path, model.target.rpartition("::")[2]) if isinstance(target, FileTarget) else target

    def capture(batch: int) -> Graph:
        if batch == batches[0]:
            return model.graph
        if progress is not None:
            progress(f"capturing {_name(model)} at batch {batch}")
        again = capture_models(alone, replace(options, batch=batch), capturer)
        if not again.models:
            problem = again.problems[0]
            raise _Failed(replace(problem, message=f"at batch {batch}: {problem.message}"))
        return again.models[0].graph

    found = graphs_at(batches, capture)
    return {batch: found[batch] for batch in batches}


def _name(model: CapturedModel) -> str:
    """`resnet18` of `torchvision.models:resnet18`, `Net` of `model.py::Net`."""
    return model.target.rpartition(":")[2]
