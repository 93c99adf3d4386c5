"""The one way through the house: target → models → graphs → evaluations. The editor and the command line call this."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from .capture import AgentPool, AgentUnavailable, Captured, CaptureError, CaptureRequest, file_request, module_request
from .discovery import Discovery, FileTarget, ModelClass, ModuleTarget, Target, UsageError, configured, discover
from .estimate import Estimate, Evaluation, Question, estimate, evaluate
from .graph import Graph
from .settings import Options, with_values

Progress = Callable[[str], None]


class Capturer(Protocol):
    """Captures one model; the server's can be cancelled and remembers."""

    def capture(self, request: CaptureRequest) -> Captured:
        """The graph or the error."""
        ...


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
    """A captured model, and the options with those of its directive."""

    target: str
    graph: Graph
    constructed: str
    options: Options


@dataclass(frozen=True, slots=True)
class Capture:
    """The models of a target, problems, and the classes of the file."""

    models: tuple[CapturedModel, ...]
    problems: tuple[Problem, ...]
    discovery: Discovery = field(default_factory=lambda: Discovery(()))


@dataclass(frozen=True, slots=True)
class ModelResult:
    """A captured model and its evaluation on every chosen device. `unchanged`: the same without `options.what_if`, if it
    says something."""

    target: str
    graph: Graph
    constructed: str
    evaluations: tuple[Evaluation, ...]
    options: Options
    unchanged: tuple[Estimate, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of a target: models, problems, and the classes of the file."""

    results: tuple[ModelResult, ...]
    problems: tuple[Problem, ...]
    discovery: Discovery = field(default_factory=lambda: Discovery(()))


class PoolCapturer:
    """Captures through a pool of agents, waiting for each answer."""

    def __init__(self, pool: AgentPool, python: str | None = None) -> None:
        self._pool = pool
        self._python = python

    def capture(self, request: CaptureRequest) -> Captured:
        """The answer of the interpreter's agent; an unusable interpreter is an error like any other."""
        return self._ask(request, retry=True)

    def _ask(self, request: CaptureRequest, retry: bool) -> Captured:
        try:
            agent = self._pool.agent(self._python)
            agent.wait_ready()
        except AgentUnavailable as error:
            advice = "choose an interpreter that has torch with --python or the `interpreter` setting"
            return Captured(error=CaptureError("interpreter", f"{error}; {advice}"))
        captured = agent.capture(request)[1].result()
        lost = captured.error is not None and captured.error.stage == "crash" and not agent.alive
        return self._ask(request, retry=False) if retry and lost else captured


def analyze(
    target: Target, options: Options, capturer: Capturer, text: str | None = None, progress: Progress | None = None
) -> Analysis:
    """Everything about a target. `text` replaces the file's content (an unsaved buffer). Raises `UsageError`.

    Without `options.trusted` none of the target's code runs: the classes of a file are all that is known.
    """
    captured = capture_models(target, options, capturer, text, progress)
    return Analysis(tuple(_evaluated(model) for model in captured.models), captured.problems, captured.discovery)


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
        return Capture((), ())
    note(f"capturing {target}")
    request = module_request(target, [str(Path.cwd())], options.inputs, "given", options.batch)
    captured = capturer.capture(replace(request, seconds=options.seconds, memory_gb=options.memory_gb))
    if captured.graph is None:
        return Capture((), (_problem(str(target), captured, None),))
    return Capture((CapturedModel(str(target), captured.graph, captured.constructed, options),), ())


def _capture_file(
    target: FileTarget, options: Options, capturer: Capturer, text: str | None, note: Progress
) -> Capture:
    if text is None:
        try:
            text = read_python(target.path)
        except (OSError, UnicodeError, SyntaxError) as error:
            reason = getattr(error, "msg", None) or getattr(error, "strerror", None) or str(error)
            return Capture((), (Problem(str(target), "syntax", f"cannot be read: {reason}", str(target.path), 1),))
    discovery = discover(text)
    if discovery.problem is not None:
        problem = discovery.problem
        return Capture(
            (), (Problem(str(target), "syntax", problem.message, str(target.path), problem.line),), discovery
        )
    if not options.trusted:
        return Capture((), (), discovery)
    models: list[CapturedModel] = []
    problems: list[Problem] = []
    for model, is_part in _order(target, discovery):
        if is_part and any(model.name in captured.graph.contains for captured in models):
            continue
        note(f"capturing {model.name}")
        asked = replace(options, inputs=()) if is_part else options
        found = _capture_class(target, configured(model, target.path), text, asked, capturer, part=is_part)
        if isinstance(found, CapturedModel):
            models.append(found)
        else:
            problems.append(replace(found, part=is_part))
    return Capture(tuple(models), tuple(problems), discovery)


def read_python(path: Path) -> str:
    """The text of a Python file in its declared encoding (PEP 263). Raises OSError, UnicodeError or SyntaxError."""
    import tokenize

    with tokenize.open(path) as file:
        return file.read()


def _order(target: FileTarget, discovery: Discovery) -> Iterator[tuple[ModelClass, bool]]:
    """The named class, or the models and then their parts (a part only runs alone when no model ran it)."""
    if target.class_name is not None:
        yield _named(discovery, target.class_name), False
        return
    roots = discovery.roots() or discovery.classes
    models = [model for model in roots if not model.no_model]
    yield from ((model, False) for model in models)
    yield from ((model, True) for model in discovery.classes if model not in models)


def _named(discovery: Discovery, name: str) -> ModelClass:
    for model in discovery.classes:
        if model.name == name:
            return model
    names = [model.name for model in discovery.classes]
    close = difflib.get_close_matches(name, names, 1)
    hint = f"; did you mean {close[0]}?" if close else f"; it has {', '.join(names) or 'none'}"
    raise UsageError(f"there is no nn.Module class {name} in the file{hint}")


def _capture_class(
    target: FileTarget, model: ModelClass, text: str, options: Options, capturer: Capturer, *, part: bool
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
    return CapturedModel(name, captured.graph, captured.constructed, chosen)


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
    unchanged = tuple(estimate(graph, question) for question in without)
    return ModelResult(model.target, graph, model.constructed, evaluations, options, unchanged)
