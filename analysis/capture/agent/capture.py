"""One capture: load the code, build the model without weights, run it on meta inputs, return the graph as values."""

from __future__ import annotations

import os
import types
from collections.abc import Callable, Sequence
from typing import Any, TypedDict, TypeVar

import torch
from torch import nn
from torch.utils._pytree import tree_flatten

from . import atoms, inputs, program, stand_ins
from .child import limits_of
from .diagnosis import explain, first_line
from .modules import ModuleRow, ModuleTracker, Place, class_place
from .recorder import OperatorRow, Recorder, TensorRow
from .sources import SourceLocator, innermost_user_line

_T = TypeVar("_T")


class Candidate(TypedDict):
    """An expression that may give the model, and where it was found in words."""

    expression: str
    origin: str


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
    batch: int | None
    seconds: float
    memory_gb: float
    wanted: str


class Graph(TypedDict):
    """One recorded run of a model."""

    model: str
    origin: str
    defined: Place | None
    contains: list[str]
    operators: list[OperatorRow]
    tensors: list[TensorRow]
    storages: list[tuple[int, int]]
    modules: list[ModuleRow]
    inputs: list[dict[str, object]]
    input_tensors: list[int]
    output_tensors: list[int]
    parameters: int
    assumptions: list[str]


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


def capture(request: Request) -> Answer:
    """`{"graph": ...}` or `{"error": {"stage", "message", "file", "line"}}` for a request of the host."""
    try:
        return {"graph": _capture(request)}
    except CaptureFailedError as failure:
        file, line = failure.place or (None, None)
        return {"error": {"stage": failure.stage, "message": failure.message, "file": file, "line": line}}


def failure_of(error: BaseException, stage: str, request: Request) -> Failure:
    """What an exception from the user's code is to the user: a sentence and the line where it left that code."""
    file, line = innermost_user_line(error, request.get("file")) or (None, None)
    return {"stage": stage, "message": explain(error, limits_of(request).memory), "file": file, "line": line}


def _capture(request: Request) -> Graph:
    file = request.get("file")
    locator = SourceLocator()
    recorder = Recorder(locator)
    tracker = ModuleTracker(recorder, locator)
    atoms.install(recorder)
    stand_ins.install(recorder)
    tracker.install()
    module = _stage("import", request, _load, request)
    with torch.no_grad(), recorder:
        model, origin = _construct(request, module)
        model.eval()
        tracker.adopt(model)
        specs = _model_inputs(request, model)
        for spec in specs:
            recorder.register(spec["tensor"], "input", spec["name"])
        recorder.values.longest = max((n for spec in specs for n in spec["shape"]), default=1)
        recorder.recording = True
        try:
            result = _stage("forward", request, lambda: model(*(spec["tensor"] for spec in specs)), specs=specs)
        finally:
            recorder.recording = False
    return _graph(model, recorder, tracker, locator, specs, result, file, origin)


def _load(request: Request) -> types.ModuleType:
    file, module = request.get("file"), request.get("module")
    if file:
        return program.load_file(file, request.get("text"), request["needed"], request["paths"])
    assert module is not None
    return program.load_module(module, request["paths"])


def _construct(request: Request, module: types.ModuleType) -> tuple[nn.Module, str]:
    """The first candidate expression that gives an `nn.Module`; with the words for where it came from."""
    first_failure: CaptureFailedError | None = None
    for candidate in request["candidates"]:
        try:
            model = _stage("construct", request, _evaluate, candidate["expression"], module)
            return _as_module(model, candidate, request.get("wanted")), candidate["origin"]
        except CaptureFailedError as failure:
            first_failure = first_failure or failure
    raise first_failure or CaptureFailedError("construct", "nothing to construct")


class _Attributes(dict[str, object]):
    """A module's attributes as local names, those that its `__getattr__` makes on demand too."""

    def __init__(self, module: types.ModuleType) -> None:
        super().__init__()
        self._module = module

    def __missing__(self, name: str) -> object:
        try:
            return getattr(self._module, name)
        except AttributeError:
            raise KeyError(name) from None


def _evaluate(expression: str, module: types.ModuleType) -> object:
    return eval(expression, vars(module), _Attributes(module))


def _as_module(value: object, candidate: Candidate, wanted: str | None) -> nn.Module:
    """`value` when it is a module that holds an instance of the wanted class."""
    if not isinstance(value, nn.Module):
        raise CaptureFailedError(
            "construct", f"{candidate['expression']} gave {type(value).__name__}, not an nn.Module"
        )
    if wanted and not any(base.__name__ == wanted for module in value.modules() for base in type(module).__mro__):
        raise CaptureFailedError("construct", f"{candidate['expression']} has no {wanted} in it")
    return value


def _model_inputs(request: Request, model: nn.Module) -> list[inputs.ModelInput]:
    batch = request.get("batch")
    if request.get("inputs"):
        specs = inputs.with_batch(request["inputs"], batch)
        return inputs.given(specs, request["inputs_origin"])
    try:
        return inputs.inferred(model, batch or 1)
    except inputs.NoInputError as failure:
        raise CaptureFailedError("input", str(failure), _definition(model)) from failure


def _definition(model: nn.Module) -> tuple[str, int] | None:
    place = class_place(type(model), SourceLocator())
    return place[:2] if place else None


def _stage(
    stage: str, request: Request, step: Callable[..., _T], *args: object, specs: Sequence[inputs.ModelInput] = ()
) -> _T:
    """Runs one step of the user's code; whatever it raises becomes a failure at the user's line."""
    try:
        return step(*args)
    except CaptureFailedError:
        raise
    except BaseException as error:
        failure = failure_of(error, stage, request)
        message, file, line = failure["message"], failure["file"], failure["line"]
        if specs and message == first_line(error):
            message += ", with the input " + ", ".join(
                f"{'×'.join(map(str, spec['shape']))} ({spec['origin']})" for spec in specs
            )
        place = (file, line) if file is not None and line is not None else None
        raise CaptureFailedError(stage, message, place) from error


def _graph(
    model: nn.Module,
    recorder: Recorder,
    tracker: ModuleTracker,
    locator: SourceLocator,
    specs: Sequence[inputs.ModelInput],
    result: object,
    file: str | None,
    origin: str,
) -> Graph:
    outputs = [leaf for leaf in _leaves(result) if isinstance(leaf, torch.Tensor)]
    place = class_place(type(model), locator)
    return {
        "model": type(model).__name__,
        "origin": origin,
        "defined": place,
        "contains": tracker.classes_ran(os.path.abspath(file)) if file else [],
        "operators": recorder.operators,
        "tensors": recorder.tensors,
        "storages": list(recorder.storages.items()),
        "modules": tracker.describe(model),
        "inputs": [{key: spec[key] for key in ("shape", "dtype", "origin", "name")} for spec in specs],
        "input_tensors": [recorder.register(spec["tensor"], "input") for spec in specs],
        "output_tensors": [recorder._read(tensor) for tensor in outputs],
        "assumptions": list(recorder.assumptions),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


def _leaves(result: object) -> list[Any]:
    """Tensors of a result, also inside dataclass-like objects."""
    leaves, _ = tree_flatten(result)
    for leaf in list(leaves):
        if not isinstance(leaf, torch.Tensor) and hasattr(leaf, "__dict__"):
            leaves.extend(value for value in vars(leaf).values() if isinstance(value, torch.Tensor))
    return leaves
