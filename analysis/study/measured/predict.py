"""What is predicted of measured cases, and what a plain roofline says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ....hardware_profiles import HardwareProfile, Precision, profile
from ...autocast import with_fast_norms
from ...capture import Captured, Capturer
from ...capture.request import CaptureRequest
from ...discovery import UsageError, parse_target
from ...discovery.calls import Candidate
from ...estimate import Estimate, Interval, Plan, Question
from ...estimate.on_device import as_run, on_device
from ...graph import Graph
from ...mapping import Kernels
from ...numerics import Autocast, runs_in
from ...pipeline import capture_models
from ...settings import Options
from ...what_if import WhatIf
from ..points import Times
from .cases import Case, sources
from .operators import operator_estimate, operator_kernels

Note = Callable[[str], None]
Find = Callable[[str], HardwareProfile]
_OPTIONS = Options()
_DRIFT = 0.02  # of the parameters that a row states: more, and the model's definition has changed since


@dataclass(frozen=True, slots=True)
class Predicted:
    """A case and its prediction, with interval, in the unit of what was measured.

    `plain`: kernels at peak rates, a plain roofline; of power, the board's limit. `regime`: what bounds the run.
    """

    case: Case
    value: float
    low: float
    high: float
    plain: float
    regime: str

    @property
    def error(self) -> float:
        """(predicted − measured) / measured."""
        return self.value / self.case.measured - 1

    @property
    def plain_error(self) -> float:
        """The same of the plain roofline."""
        return self.plain / self.case.measured - 1

    @property
    def inside(self) -> bool:
        """Whether the measured value lies in the interval."""
        return self.low <= self.case.measured <= self.high


@dataclass(frozen=True, slots=True)
class NotPredicted:
    """A case that could not be predicted, and why."""

    case: Case
    reason: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A case cut into kernels: what is left to say is the device, and the constants, that they are timed with."""

    case: Case
    kernels: Kernels
    on: Callable[[HardwareProfile], Estimate]


def predictions(
    cases: Iterable[Case], capturer: Capturer, note: Note, options: Options = _OPTIONS, find: Find = profile
) -> Iterator[Predicted | NotPredicted]:
    """A prediction of each case, on the profiles that `find` has. `options`: how the targets of cases are captured."""
    for each in ready(cases, capturer, note, options, find):
        yield (each if isinstance(each, NotPredicted) else predicted(each, find(each.case.device)))


def ready(
    cases: Iterable[Case], capturer: Capturer, note: Note, options: Options = _OPTIONS, find: Find = profile
) -> Iterator[Ready | NotPredicted]:
    """The kernels of each case, models in the order of their names: each is captured once for all its rows of one size."""
    ordered = sorted(cases, key=lambda c: (c.is_operator, c.package, c.name, c.size, c.inputs, c.batch, c.framework))
    key: tuple[Any, ...] = ()
    graph: Graph | str = ""
    for case in ordered:
        device = find(case.device)
        if not runs_in(device, case.numerics):
            yield NotPredicted(case, f"{device.id} has no {case.numerics.value}")
        elif case.is_operator:
            kernels = operator_kernels(case)
            yield NotPredicted(case, f"no operator {case.name}") if kernels is None else _operator(case, kernels)
        else:
            asked = (case.target or _made(case), WhatIf.CHANNELS_LAST in case.what_if)
            if key != (key := (case.package, *asked, case.size, case.inputs, case.batch)):
                note(f"{case.name}, batch {case.batch}")
                graph = _target(case, capturer, options) if case.target else _graph(case, capturer)
            yield NotPredicted(case, graph) if isinstance(graph, str) else _model(case, graph, device)


def _graph(case: Case, capturer: Capturer) -> Graph | str:
    captured: Captured = capturer.capture(_request(case))
    if captured.graph is None:
        return captured.error.message if captured.error else "no graph"
    graph = captured.graph
    if case.parameters and abs(graph.parameters - case.parameters) > _DRIFT * case.parameters + 6e3:
        return "has other parameters than the row states"
    return graph


def _target(case: Case, capturer: Capturer, options: Options) -> Graph | str:
    """What `graphperf measure` captured for the row: with inputs of its own, else with the row's."""
    reason = ""
    options = replace(options, batch=case.batch, what_if=case.what_if)
    for inputs in ((), case.inputs):
        try:
            found = capture_models(parse_target(case.target), replace(options, inputs=inputs), capturer)
        except UsageError as error:
            return str(error)
        graphs = [model.graph for model in found.models]
        if len(graphs) == 1 and tuple((spec.shape, spec.dtype) for spec in graphs[0].inputs) == case.inputs:
            return graphs[0]
        other = "has other inputs than the row states" if len(graphs) == 1 else f"{len(graphs)} models"
        reason = next((problem.message for problem in found.problems), other)
    return reason


def _made(case: Case) -> str:
    """The expression that makes a model as the framework of its time ran it."""
    package: Mapping[str, Any] = sources()["models"][case.package]
    older = case.framework.startswith("pytorch 1.") and package.get("make_pytorch_1")
    expression = sources()["transformers"].get(case.name, "")
    return str(older or package["make"]).format(name=case.name, expression=expression)


def _request(case: Case) -> CaptureRequest:
    package: Mapping[str, Any] = sources()["models"][case.package]
    side = int(case.size)
    tokens = case.package == "transformers"
    inputs = (((case.batch, side), "int64"),) if tokens else (((case.batch, 3, side, side), "float32"),)
    module = str(package["module"])
    return CaptureRequest(
        (Candidate(_made(case), case.source),), module=module, inputs=inputs, inputs_origin="given", seconds=180.0,
        imports=((module, ()),), channels_last=WhatIf.CHANNELS_LAST in case.what_if,
    )  # fmt: skip


def _model(case: Case, graph: Graph, device: HardwareProfile) -> Ready:
    if isinstance(case.numerics, Autocast) and not case.target and _fast_norms(case):
        graph = with_fast_norms(graph, str(sources()["models"][case.package]["fast_norms"]["files"]))
    question = Question(device, case.numerics, case.mode, case.what_if)
    plan = Plan.of(as_run(graph, question), question.policy)
    return Ready(case, plan.kernels(question.storage), lambda device: on_device(plan, replace(question, device=device)))


def _fast_norms(case: Case) -> bool:
    package: Mapping[str, Any] = sources()["models"][case.package]
    return "fast_norms" in package and not case.framework.startswith(tuple(package["fast_norms"]["but_for"]))


def _operator(case: Case, kernels: Kernels) -> Ready:
    return Ready(case, kernels, lambda device: operator_estimate(case, kernels, device))


def predicted(ready: Ready, device: HardwareProfile) -> Predicted:
    """The prediction on a profile of the case's device."""
    found = ready.on(device)
    regime = Times.of(found).bottleneck
    latency = _of_its_release(ready.case, found.latency)
    if ready.case.quantity == "latency":
        plain = _roofline(ready.kernels, device, found)
        return Predicted(ready.case, latency.value, latency.low, latency.high, plain, regime)
    energy, seconds = found.energy, latency.value
    low, value, high = (joules / seconds for joules in (energy.low, energy.value, energy.high))
    return Predicted(ready.case, value, low, high, device.power.tdp.si, regime)


def _of_its_release(case: Case, latency: Interval) -> Interval:
    """Wider for releases of frameworks whose kernels took longer than those that the constants were fitted to."""
    older: Mapping[str, Any] = sources()["older"]
    if not case.framework.startswith(tuple(older["frameworks"])):
        return latency
    low, high = older["factors"]
    return latency.widened((low, high))


def _roofline(kernels: Kernels, device: HardwareProfile, found: Estimate) -> float:
    """Each kernel at the peak of its unit or of the memory, whichever is longer."""
    peaks = np.array([_peak(device, p) for p in found.precisions])
    return float(np.maximum(kernels.flops / peaks, kernels.bytes / device.memory.dram_bandwidth.si).sum())


def _peak(device: HardwareProfile, precision: Precision) -> float:
    return device.peak_flops(precision, True) or device.peak_flops(Precision.FP32, False) or 1.0
