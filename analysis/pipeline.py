"""The one way through the house: target → models → graphs → evaluations. The editor and the command line call this."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from .capture import (
    MENDED,
    AgentPool,
    CachingCapturer,
    Captured,
    CaptureError,
    Capturer,
    CaptureRequest,
    PoolCapturer,
    Repository,
    Surroundings,
    at_once,
    file_request,
    module_request,
)
from .discovery import (
    Discovery,
    FileTarget,
    ModelClass,
    ModuleTarget,
    Target,
    UnreadableSource,
    UsageError,
    configured,
    discover,
    read_python,
)
from .estimate import Estimate, Evaluation, Question, estimate, evaluate
from .graph import Graph
from .settings import Options, with_project, with_values
from .what_if import WhatIf

Progress = Callable[[str], None]
_OTHERWISE = "only made or called otherwise"


@dataclass(frozen=True, slots=True)
class Problem:
    """A model that could not be captured: why, and the line to look at. A `part` of a model is no model of its own."""

    target: str
    stage: str
    message: str
    file: str | None
    line: int | None
    name: str = ""
    part: bool = False


@dataclass(frozen=True, slots=True)
class CapturedModel:
    """A captured model, the options with those of its directive, and how to construct it once more: `expression`, evaluated in
    the code of `request`. `as_written`: the graph without what `options.what_if` changes in it, where that is another one."""

    target: str
    graph: Graph
    constructed: str
    options: Options
    request: CaptureRequest
    expression: str
    as_written: Graph | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """The models of a target, problems, and the classes of the file."""

    models: tuple[CapturedModel, ...]
    problems: tuple[Problem, ...]
    discovery: Discovery = field(default_factory=lambda: Discovery(()))


@dataclass(frozen=True, slots=True)
class ModelResult:
    """A captured model and its evaluation on every chosen device. `unchanged`: the same without `options.what_if`, if it
    says something. `expression` constructed it, in the namespace of its file."""

    target: str
    graph: Graph
    constructed: str
    evaluations: tuple[Evaluation, ...]
    options: Options
    unchanged: tuple[Estimate, ...] = ()
    expression: str = ""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of a target: models, problems, and the classes of the file."""

    results: tuple[ModelResult, ...]
    problems: tuple[Problem, ...]
    discovery: Discovery = field(default_factory=lambda: Discovery(()))


def analyze(
    target: Target, options: Options, capturer: Capturer, text: str | None = None, progress: Progress | None = None
) -> Analysis:
    """Everything about a target. `text` replaces the file's content (an unsaved buffer). Raises `UsageError`.

    Without `options.trusted` none of the target's code runs: the classes of a file are all that is known.
    """
    captured = capture_models(target, options, capturer, text, progress)
    return Analysis(tuple(_evaluated(model) for model in captured.models), captured.problems, captured.discovery)


def capturer_for(pool: AgentPool, options: Options) -> Capturer:
    """Captures through the pool; what was captured before, and has not changed since, comes from the disk."""
    asker = PoolCapturer(pool, options.python)
    return asker if options.fresh else CachingCapturer(asker, options.python or sys.executable)


def capture_models(
    target: Target, options: Options, capturer: Capturer, text: str | None = None, progress: Progress | None = None
) -> Capture:
    """The first half of `analyze`: the graphs of a target's models, whatever the device."""
    options.devices()
    note = progress or _silent
    if isinstance(target, ModuleTarget):
        return _capture_module(target, options, capturer, note)
    return _capture_file(target, options, capturer, text, note)


def _silent(_: str) -> None:
    """No progress is shown."""


def _capture_module(target: ModuleTarget, options: Options, capturer: Capturer, note: Progress) -> Capture:
    if not options.trusted:
        return Capture((), (Problem(str(target), "untrusted", _untrusted(str(target)), None, None),))
    note(f"capturing {target}")
    request = module_request(target, [str(Path.cwd())], options.inputs, "given", options.batch)
    captured = capturer.capture(replace(request, seconds=options.seconds, memory_gb=options.memory_gb))
    if captured.graph is None:
        return Capture((), (_problem(str(target), captured, None),))
    return Capture((_model(str(target), captured, captured.graph, options, request, capturer),), ())


def _capture_file(
    target: FileTarget, options: Options, capturer: Capturer, text: str | None, note: Progress
) -> Capture:
    if text is None:
        try:
            text = read_python(target.path)
        except UnreadableSource as error:
            message = f"cannot be read: {error.message}"
            return Capture((), (Problem(str(target), "syntax", message, str(target.path), error.line),))
    text = text.removeprefix("\ufeff")
    discovery = discover(text, target.path)
    if discovery.problem is not None:
        problem = discovery.problem
        return Capture(
            (), (Problem(str(target), "syntax", problem.message, str(target.path), problem.line),), discovery
        )
    try:
        options = with_project(options, target.path)
    except UsageError as error:
        return Capture((), (Problem(str(target), "settings", str(error), str(target.path), 1),), discovery)
    if not options.trusted:
        return Capture((), tuple(_not_captured(target, discovery)), discovery)

    def capture(model: ModelClass, place: str = "", *, part: bool, by: Capturer = capturer) -> CapturedModel | Problem:
        note(f"capturing {place}{model.name}")
        asked = replace(options, inputs=()) if part else options
        return _capture_class(target, configured(model, target.path), text, asked, by, part=part)

    helped: list[CapturedModel] = []
    around = Surroundings(Repository(target.path.resolve()), capturer, options.seconds)

    def capture_around(tried: CapturedModel | Problem) -> CapturedModel | Problem:
        """What failed alone, as other code of the repository makes it, where that helps and nothing has run it meanwhile."""
        if isinstance(tried, CapturedModel) or tried.stage not in MENDED or _contained(tried.name, [*found, *helped]):
            return tried
        result = capture(_named(discovery, tried.name), "what makes ", part=tried.part, by=around)
        if isinstance(result, Problem):
            return tried
        helped.append(result)
        return result

    models, parts = _models_and_parts(target, discovery)
    with ThreadPoolExecutor(at_once(options.side_by_side), "graphperf-capture") as threads:
        places = [f"{number} of {len(models)}: " for number in range(1, len(models) + 1)] if len(models) > 1 else [""]
        found: list[CapturedModel | Problem] = list(threads.map(partial(capture, part=False), models, places))
        alone = [part for part in parts if not _contained(part.name, found)]
        for part, result in zip(alone, threads.map(partial(capture, part=True), alone), strict=True):
            if not _contained(part.name, found):
                found.append(replace(result, part=True) if isinstance(result, Problem) else result)
        found = list(threads.map(capture_around, tuple(found)))
    found = [r for r in found if not (isinstance(r, Problem) and r.part and _contained(r.name, found))]
    problems = (replace(p, part=p.part or _is_no_model(p, target)) for p in found if isinstance(p, Problem))
    return Capture(tuple(r for r in found if isinstance(r, CapturedModel)), tuple(problems), discovery)


def _contained(name: str, found: Sequence[CapturedModel | Problem]) -> bool:
    """Whether a class was in a model that ran: then, as a part, it does not run alone."""
    return any(name in result.graph.contains for result in found if isinstance(result, CapturedModel))


def _is_no_model(problem: Problem, target: FileTarget) -> bool:
    """Whether a class turned out to be no module, and nobody has asked for it."""
    return problem.stage == "abstract" and target.class_name is None


def _not_captured(target: FileTarget, discovery: Discovery) -> Iterator[Problem]:
    """Said once, at the first of the models that trust would show."""
    models, _ = _models_and_parts(target, discovery)
    if models:
        first, more = models[0], len(models) - 1
        subject = f"{first.name} and {more} other model{'s' if more > 1 else ''}" if more else first.name
        name = f"{target.path}::{first.name}"
        yield Problem(name, "untrusted", _untrusted(subject), str(target.path), first.line, first.name)


def _untrusted(subject: str) -> str:
    return f"{subject}: not captured, since the workspace is not trusted and none of its code runs"


def _models_and_parts(target: FileTarget, discovery: Discovery) -> tuple[list[ModelClass], list[ModelClass]]:
    """The named class, or the models and their parts (a part only runs alone when no model ran it)."""
    if target.class_name is not None:
        return [_named(discovery, target.class_name)], []
    roots = discovery.roots() or discovery.classes
    models = [model for model in roots if not model.no_model]
    return models, [model for model in discovery.classes if model not in models]


def _named(discovery: Discovery, name: str) -> ModelClass:
    for model in discovery.classes:
        if model.name == name:
            return model
    if name in discovery.functions:
        raise UsageError(f"{name} is a function; name what makes a model by its import path, as package.module:{name}")
    names = [model.name for model in discovery.classes]
    close = difflib.get_close_matches(name, names, 1)
    hint = f"; did you mean {close[0]}?" if close else f"; it has {', '.join(names) or 'none'}"
    raise UsageError(f"there is no nn.Module class {name} in the file{hint}")


def _capture_class(
    target: FileTarget,
    model: ModelClass,
    text: str,
    options: Options,
    capturer: Capturer,
    *,
    part: bool,
) -> CapturedModel | Problem:
    name = f"{target.path}::{model.name}"
    directive = model.directive
    if directive is not None and directive.problem is not None:
        return Problem(
            name, "directive", f"directive: {directive.problem}", str(target.path), directive.line, model.name
        )
    if model.no_model and (directive is None or directive.init is None):
        return Problem(name, "abstract", model.no_model, str(target.path), model.line, model.name)
    if model.function and not model.candidates:
        reason = f"{model.name} is defined inside {model.function}(), which needs arguments"
        return Problem(name, "construct", reason, str(target.path), model.line, model.name)
    try:
        chosen = _with_directive(options, model)
        chosen.devices()
    except UsageError as error:
        line = directive.line if directive is not None else model.line
        return Problem(name, "directive", f"directive: {error}", str(target.path), line, model.name)
    request = file_request(target.path, text, model, options.inputs, "given", chosen.batch, part=part)
    captured = capturer.capture(replace(request, seconds=options.seconds, memory_gb=options.memory_gb))
    if captured.graph is None:
        return _problem(name, captured, model, str(target.path))
    return _model(name, captured, captured.graph, chosen, request, capturer)


def _model(
    name: str, captured: Captured, graph: Graph, options: Options, request: CaptureRequest, capturer: Capturer
) -> CapturedModel:
    """What was captured; once more where a change of `options.what_if` shows in the graph, if the same runs then."""
    found = CapturedModel(name, graph, captured.constructed, options, captured.asked or request, captured.expression)
    if WhatIf.CHANNELS_LAST not in options.what_if:
        return found
    limits = {"seconds": options.seconds, "memory_gb": options.memory_gb}
    changed = capturer.capture(replace(found.request, channels_last=True, **limits))
    again = changed.graph
    if again is not None and (changed.expression, _inputs(again)) == (found.expression, _inputs(graph)):
        return replace(found, graph=again, as_written=graph)
    reason = changed.error.message.partition(", with the input")[0].rstrip(".") if changed.error else _OTHERWISE
    words = f"does not run in channels_last ({reason}): what that would save is estimated from the model as written"
    return replace(found, graph=replace(graph, assumptions=(*graph.assumptions, words)))


def _inputs(graph: Graph) -> list[tuple[tuple[int, ...], str]]:
    return [(spec.shape, spec.dtype) for spec in graph.inputs]


def _with_directive(options: Options, model: ModelClass) -> Options:
    """The class's own settings go before the session's."""
    given = dict(model.directive.settings) if model.directive is not None else {}
    hardware = tuple(part for part in given.get("hardware", "").split(",") if part)
    batch = given.get("batch")
    if batch is not None and not batch.isdecimal():
        raise UsageError(f"batch must be a number, not {batch!r}")
    return with_values(
        options,
        hardware=hardware or None,
        precision=given.get("precision"),
        mode=given.get("mode"),
        batch=int(batch) if batch is not None and options.batch is None else None,
    )


def _problem(target: str, captured: Captured, model: ModelClass | None, file: str | None = None) -> Problem:
    error = captured.error
    assert error is not None
    place_file, line = shown_file(error.file or file, target), error.line
    if line is None and model is not None:
        line = (model.forward_line if error.stage in ("forward", "timeout") else None) or model.line
    return Problem(target, error.stage, _in_words(error, model), place_file, line, model.name if model else target)


def shown_file(file: str | None, target: str) -> str | None:
    """`file` as the user wrote it, when it is the target's own file."""
    own = target.partition("::")[0]
    if file is not None and own.endswith(".py") and Path(own).resolve() == Path(file).resolve():
        return own
    return file


def _in_words(error: CaptureError, model: ModelClass | None) -> str:
    what = {
        "import": "importing the file failed",
        "construct": f"constructing {model.name if model else 'the model'} failed",
        "forward": "forward() raised",
        "input": "the input is not known",
        "timeout": "the capture took too long",
        "crash": "the capture ended",
    }.get(error.stage)
    place = f" at line {error.line}" if error.line is not None and error.stage == "forward" else ""
    return f"{what}{place}: {error.message}" if what else error.message


def _evaluated(model: CapturedModel) -> ModelResult:
    graph, options = model.graph, model.options
    asked = [Question(device, options.precision, options.mode, options.what_if) for device in options.devices()]
    evaluations = tuple(evaluate(graph, question) for question in asked)
    without = [replace(question, what_if=frozenset()) for question in asked] if options.what_if else []
    unchanged = tuple(estimate(model.as_written or graph, question) for question in without)
    return ModelResult(model.target, graph, model.constructed, evaluations, options, unchanged, model.expression)
