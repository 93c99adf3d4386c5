"""One capture: load the code, build the model without weights, run it on meta inputs, return the graph as plain values."""

from __future__ import annotations

import os
import traceback

import torch
from torch import nn
from torch.utils._pytree import tree_flatten

from . import atoms, inputs, program
from .modules import ModuleTracker, class_place
from .recorder import Recorder
from .sources import SourceLocator, innermost_user_line
from .values import UnknownValue


class CaptureFailed(Exception):
    """A step failed; `stage` says which: import, construct, input or forward."""

    def __init__(self, stage, message, place=None):
        super().__init__(message)
        self.stage, self.message, self.place = stage, message, place


def capture(request):
    """`{"graph": ...}` or `{"error": {"stage", "message", "file", "line"}}` for a request of the host."""
    try:
        return {"graph": _capture(request)}
    except CaptureFailed as failure:
        file, line = failure.place or (None, None)
        return {"error": {"stage": failure.stage, "message": failure.message, "file": file, "line": line}}


def _capture(request):
    file = request.get("file")
    locator = SourceLocator()
    recorder = Recorder(locator)
    tracker = ModuleTracker(recorder, locator)
    atoms.install(recorder)
    tracker.install()
    namespace = _stage("import", file, _load, request)
    with torch.no_grad(), recorder:
        model, origin = _construct(request, namespace, file)
        model.eval()
        tracker.adopt(model)
        specs = _model_inputs(request, model, file)
        for spec in specs:
            recorder.register(spec["tensor"], "input", spec["name"])
        recorder.recording = True
        try:
            result = _stage("forward", file, lambda: model(*(spec["tensor"] for spec in specs)), specs=specs)
        finally:
            recorder.recording = False
    return _graph(model, recorder, tracker, locator, specs, result, file, origin)


def _load(request):
    if request.get("file"):
        return vars(program.load_file(request["file"], request.get("text"), request["needed"], request["paths"]))
    return vars(program.load_module(request["module"], request["paths"]))


def _construct(request, namespace, file):
    """The first candidate expression that gives an `nn.Module`; with the words for where it came from."""
    first_failure = None
    for candidate in request["candidates"]:
        try:
            model = _stage("construct", file, _evaluate, candidate["expression"], namespace)
            return _as_module(model, candidate, request.get("wanted")), candidate["origin"]
        except CaptureFailed as failure:
            first_failure = first_failure or failure
    raise first_failure or CaptureFailed("construct", "nothing to construct")


def _evaluate(expression, namespace):
    return eval(expression, namespace)


def _as_module(value, candidate, wanted):
    """`value` when it is a module that holds an instance of the wanted class."""
    if not isinstance(value, nn.Module):
        raise CaptureFailed("construct", f"{candidate['expression']} gave {type(value).__name__}, not an nn.Module")
    if wanted and not any(base.__name__ == wanted for module in value.modules() for base in type(module).__mro__):
        raise CaptureFailed("construct", f"{candidate['expression']} has no {wanted} in it")
    return value


def _model_inputs(request, model, file):
    batch = request.get("batch")
    if request.get("inputs"):
        specs = inputs.with_batch(request["inputs"], batch)
        return inputs.given(specs, request["inputs_origin"])
    try:
        return inputs.inferred(model, batch or 1)
    except inputs.NoInput as failure:
        raise CaptureFailed("input", str(failure), _definition(model)) from failure


def _definition(model):
    place = class_place(type(model), SourceLocator())
    return place[:2] if place else None


def _stage(stage, file, step, *args, specs=()):
    """Runs one step of the user's code; whatever it raises becomes a failure at the user's line."""
    try:
        return step(*args)
    except CaptureFailed:
        raise
    except UnknownValue as error:
        raise CaptureFailed(stage, str(error), innermost_user_line(error, file)) from error
    except (Exception, SystemExit) as error:
        message = _first_line(error)
        if specs:
            message += ", with the input " + ", ".join(
                f"{'×'.join(map(str, spec['shape']))} ({spec['origin']})" for spec in specs
            )
        raise CaptureFailed(stage, message, innermost_user_line(error, file)) from error


def _first_line(error):
    text = str(error).strip().splitlines()
    words = text[0] if text else ""
    if isinstance(error, SyntaxError):
        return f"syntax error: {error.msg}"
    return (
        f"{type(error).__name__}: {words}" if words else traceback.format_exception_only(type(error), error)[-1].strip()
    )


def _graph(model, recorder, tracker, locator, specs, result, file, origin):
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
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


def _leaves(result):
    """Tensors of a result, also inside dataclass-like objects."""
    leaves, _ = tree_flatten(result)
    for leaf in list(leaves):
        if not isinstance(leaf, torch.Tensor) and hasattr(leaf, "__dict__"):
            leaves.extend(value for value in vars(leaf).values() if isinstance(value, torch.Tensor))
    return leaves
