"""One capture: load the code, build the model without weights, run it on meta inputs, return the graph as values."""

from __future__ import annotations

import os
import types
from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

import torch
from torch.utils._pytree import tree_flatten

from . import (
    absent,
    atoms,
    command_line,
    conversions,
    data_files,
    devices,
    downloads,
    environment,
    extensions,
    guards,
    inputs,
    one_device,
    pretrained,
    program,
    removed,
    stand_ins,
    stft,
    without,
)
from .alive import StorageRow
from .child import limits_of
from .claims import Claim
from .diagnosis import explain, first_line
from .modules import ModuleTracker, Place, class_place
from .outcome import NothingRanError, Run
from .recorder import Recorder
from .sources import SourceLocator, innermost_user_line
from .tables import Tables, packed
from .tolerant import tolerant
from .trials import Trials
from .within import TrialsAround

_T = TypeVar("_T")


class Candidate(TypedDict):
    """An expression that may give the model, and where it was found in words."""

    expression: str
    origin: str


class Sought(TypedDict):
    """A class that is sought in the model, where it is, and its inputs if given."""

    file: str
    text: str
    name: str
    inputs: list[inputs.GivenInput]
    inputs_origin: str


class Request(TypedDict):
    """What the host asks: the code of one model (`file` or `module`), how to construct it, and its inputs if given."""

    id: int
    op: str
    file: str | None
    text: str | None
    module: str | None
    paths: list[str]
    needed: list[str]
    candidates: list[Candidate]
    inputs: list[inputs.GivenInput]
    inputs_origin: str
    hints: list[inputs.Hint]
    batch: int | None
    seconds: float
    memory_gb: float
    wanted: str
    guess: bool
    root: bool
    imports: list[tuple[str, list[str]]]
    sought: Sought | None
    channels_last: bool


class Graph(Tables):
    """One recorded run of a model."""

    model: str
    expression: str
    origin: str
    defined: Place | None
    contains: list[str]
    storages: list[StorageRow]
    inputs: list[dict[str, object]]
    input_tensors: list[int]
    output_tensors: list[int]
    parameters: int
    assumptions: list[str]
    without: list[tuple[str, str, int]]
    channels_last: bool


class Failure(TypedDict):
    """Why there is no graph."""

    stage: str
    message: str
    file: str | None
    line: int | None


class Answer(TypedDict, total=False):
    """Either a graph or an error."""

    graph: Graph
    error: Failure


class CaptureFailedError(Exception):
    """A step failed; `stage` says which: import, construct, input or forward."""

    def __init__(self, stage: str, message: str, place: tuple[str, int] | None = None) -> None:
        super().__init__(message)
        self.stage, self.message, self.place = stage, message, place


class Capturer:
    """Has PyTorch record what runs, from its construction to the end of the process and in all forks of it.

    Made before anything else is imported: a library may bind the functions of PyTorch that are replaced here.
    """

    def __init__(self) -> None:
        self._locator = SourceLocator()
        self._locator.end_at(Trials.first_that_runs.__code__)
        self._recorder = Recorder(self._locator)
        self._tracker = ModuleTracker(self._recorder, self._locator)
        guards.install_in_torch()
        without.install(self._locator)
        command_line.install()
        devices.install()
        downloads.install()
        atoms.install(self._recorder)
        conversions.install(self._recorder)
        stand_ins.install(self._recorder)
        extensions.install()
        stft.install()
        one_device.install()
        removed.install()
        self._tracker.install()

    def capture(self, request: Request) -> Answer:
        """`{"graph": ...}` or `{"error": {"stage", "message", "file", "line"}}` for a request of the host."""
        try:
            return {"graph": self._capture(request)}
        except CaptureFailedError as failure:
            file, line = failure.place or (None, None)
            return {"error": {"stage": failure.stage, "message": failure.message, "file": file, "line": line}}

    def forget(self) -> None:
        """Leaves nothing of a capture."""
        self._recorder.restart()
        self._tracker.forget()
        self._locator.forget()

    def _capture(self, request: Request) -> Graph:
        recorder, tracker = self._recorder, self._tracker
        module = _stage("import", request, _load, request)
        removed.complete()
        pretrained.install()
        with torch.no_grad(), recorder:
            trials = TrialsAround if request.get("sought") else Trials
            run = _run(request, trials(request, module, recorder, tracker))
        file = (request.get("sought") or request).get("file")
        return _graph(run, recorder, tracker, self._locator, file, channels_last=bool(request.get("channels_last")))


def failure_of(error: BaseException, stage: str, request: Request) -> Failure:
    """What an exception from the user's code is to the user: a sentence and the line where it left that code."""
    file, line = innermost_user_line(error, request.get("file")) or (None, None)
    return {"stage": stage, "message": explain(error, limits_of(request).memory), "file": file, "line": line}


def _load(request: Request) -> types.ModuleType:
    file, module = request.get("file"), request.get("module")
    if file:
        environment.install(file)
        data_files.install(file)
        sought = request.get("sought")
        if sought:
            program.hold(sought["file"], sought["text"])
        return tolerant(lambda: program.load_file(file, request), file)
    assert module is not None
    return program.load_module(module, request["paths"])


def _run(request: Request, trials: Trials) -> Run:
    """The first try that runs; or the failure that tells most."""
    try:
        return trials.first_that_runs()
    except NothingRanError as nothing:
        return _stage(nothing.stage, request, _raise, nothing.error, words=nothing.words)


def _raise(error: BaseException) -> Run:
    raise error


def _stage(stage: str, request: Request, step: Callable[..., _T], *args: object, words: str = "") -> _T:
    """Runs one step of the user's code; whatever it raises becomes a failure at the user's line."""
    try:
        return step(*args)
    except CaptureFailedError:
        raise
    except BaseException as error:
        error = absent.used_in(error) or _with_lines(downloads.read_in(error), error)
        if isinstance(error, absent.AbsentError):
            error, stage, words = error.cause, "import", ""
        failure = failure_of(error, stage, request)
        message, file, line = failure["message"], failure["file"], failure["line"]
        if words and message == first_line(error):
            message += f", {words}"
        place = (file, line) if file is not None and line is not None else None
        raise CaptureFailedError(stage, message, place) from error


def _with_lines(meant: BaseException | None, error: BaseException) -> BaseException:
    return error if meant is None else meant.with_traceback(error.__traceback__)


def _graph(
    run: Run,
    recorder: Recorder,
    tracker: ModuleTracker,
    locator: SourceLocator,
    file: str | None,
    *,
    channels_last: bool,
) -> Graph:
    model, specs = run.model, run.inputs
    outputs = [leaf for leaf in _leaves(run.result) if isinstance(leaf, torch.Tensor)]
    read = [recorder.register(spec["tensor"], "input") for spec in specs]
    written = [recorder._read(tensor) for tensor in outputs]
    return {
        "model": type(model).__name__,
        "expression": run.expression,
        "origin": run.origin,
        "defined": class_place(type(model), locator),
        "contains": tracker.classes_ran(os.path.abspath(file)) if file else [],
        "storages": recorder.alive.rows(),
        "inputs": [{key: spec[key] for key in ("shape", "dtype", "origin", "name")} for spec in specs],
        "input_tensors": read,
        "output_tensors": written,
        "assumptions": [*recorder.assumptions, *_of_the_code()],
        "without": without.at_lines(),
        "channels_last": channels_last,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        **packed(recorder.operators, recorder.tensors, tracker.describe(model)),
    }


def _of_the_code() -> list[str]:
    """What is assumed of the code as a whole."""
    return [*absent.left_out(), *Claim.words(), *without.in_words()]


def _leaves(result: object) -> list[Any]:
    """Tensors of a result, also inside dataclass-like objects."""
    leaves, _ = tree_flatten(result)
    for leaf in list(leaves):
        if not isinstance(leaf, torch.Tensor) and hasattr(leaf, "__dict__"):
            leaves.extend(value for value in vars(leaf).values() if isinstance(value, torch.Tensor))
    return leaves
