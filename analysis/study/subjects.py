"""The models of a study, captured at the batch sizes that it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..batch import graphs_at
from ..discovery import FileTarget, Target, UsageError
from ..graph import Graph
from ..pipeline import CapturedModel, Capturer, Problem, Progress, capture_models
from ..settings import Options


@dataclass(frozen=True, slots=True)
class Subject:
    """A model, and its graph by batch size. `name` tells it from the other models of a study; `as_written` are the graphs without
    what is set, where that changes them."""

    name: str
    target: str
    graphs: Mapping[int, Graph]
    as_written: Mapping[int, Graph] = field(default_factory=dict[int, Graph])


class _Failed(Exception):
    """A capture at a further batch size failed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def subjects_of(
    target: Target, batches: Sequence[int], options: Options, capturer: Capturer, progress: Progress | None = None
) -> tuple[list[Subject], list[Problem]]:
    """The models of a target, and those that could not be captured. Without `batches`, inputs stay as they are given; with
    `options.what_if` graphs are as it changes them."""
    first = capture_models(target, replace(options, batch=batches[0]) if batches else options, capturer, None, progress)
    found: list[Subject] = []
    problems = [problem for problem in first.problems if not problem.part]
    for model in first.models:
        try:
            found.append(_subject(target, model, batches, options, capturer, progress))
        except _Failed as failed:
            problems.append(failed.problem)
    if not found and not problems:
        raise UsageError(f"{target}: no nn.Module class found")
    return found, problems


def _subject(
    target: Target, model: CapturedModel, batches: Sequence[int], options: Options, capturer: Capturer,
    progress: Progress | None,
) -> Subject:  # fmt: skip
    sizes = batches or [model.graph.batch]
    captured = {sizes[0]: model}
    alone = FileTarget(target.path, model.target.rpartition("::")[2]) if isinstance(target, FileTarget) else target

    def capture(batch: int) -> CapturedModel:
        if batch in captured:
            return captured[batch]
        if progress is not None:
            progress(f"capturing {_name(model)} at batch {batch}")
        again = capture_models(alone, replace(options, batch=batch), capturer)
        if not again.models:
            problem = again.problems[0]
            raise _Failed(replace(problem, message=f"at batch {batch}: {problem.message}"))
        return captured.setdefault(batch, again.models[0])

    def graphs(of: Callable[[CapturedModel], Graph]) -> Mapping[int, Graph]:
        found = graphs_at(sizes, lambda batch: of(capture(batch)))
        return {batch: found[batch] for batch in sizes}

    found = Subject(_name(model), model.target, graphs(lambda each: each.graph))
    if not any(each.as_written for each in captured.values()):
        return found
    return replace(found, as_written=graphs(lambda each: each.as_written or each.graph))


def _name(model: CapturedModel) -> str:
    """`resnet18` of `torchvision.models:resnet18`, `Net` of `model.py::Net`."""
    return model.target.rpartition(":")[2]
