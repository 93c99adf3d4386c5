"""Tries ways to construct a model and inputs to run it with, until one runs; only that run is recorded in the end."""

from __future__ import annotations

import contextlib
import itertools
import re
import time
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import nn

from . import assumed, order, without
from .absent import Absent, AbsentError, parent_missing
from .claims import Claim
from .config_code import CALLED
from .construct import GuessedArguments
from .feedback import feedback_of
from .frames import abstract_method
from .guess import Assignment
from .inputs import ForwardInputs, GivenInput, Hint, ModelInput, described, in_words, with_batch
from .making import Maker
from .modules import ModuleTracker
from .outcome import NoArgumentsError, NothingRanError, Run, WrongModelError, check_not_empty, refuses, telling
from .recorder import Recorder
from .search import RefusedError, Search
from .signature import Made, makers_in

_SECONDS = 25.0
_ADVICE = "a comment `# graphperf: input=(...) init=(...)` above the class says others"
_MOST_MODELS = 4
_CONFIGURATION = re.compile(r"Assumed\((?:[^()]|\([^()]*\))*\)")


class Trials:
    """Goes through the ways to construct the model of a request."""

    def __init__(
        self, request: Mapping[str, Any], module: types.ModuleType, recorder: Recorder, tracker: ModuleTracker
    ) -> None:
        self._request, self._module = request, module
        self._recorder, self._tracker = recorder, tracker
        self._guessed: GuessedArguments | None = None
        self._names = assumed.guess_names(request.get("text") or "", request.get("file") or "", self._configured())
        self._maker = Maker(module, self._names, request.get("wanted") or "")

    def _configured(self) -> list[str]:
        """Names that a configuration has which is meant for the model."""
        return [self._request["wanted"]] if self._request.get("wanted") else []

    def first_that_runs(self) -> Run:
        """The first model that runs. Raises `NothingRanError` with the error of the likeliest one."""
        failure = self._no_module()
        if failure is not None:
            raise failure
        end = time.monotonic() + min(_SECONDS, float(self._request.get("seconds") or 60) / 2)
        ways = self._expressions()
        while time.monotonic() < end:
            try:
                expression, origin = next(ways)
                return self._run(expression, origin)
            except StopIteration:
                break
            except NoArgumentsError as error:
                if self._supplied(error.error):
                    ways = self._expressions()
                    continue
                nothing = NothingRanError("construct", error.error, f"with the {error.arguments}")
                told = failure is not None and telling(failure) >= 2 and not refuses(error.error)
                failure = failure if told else nothing
            except NothingRanError as error:
                if self._supplied(error.error):
                    ways = self._expressions()
                    continue
                self._learn(error)
                failure = error if failure is None or telling(error) > telling(failure) else failure
        raise failure or NothingRanError("construct", TypeError("nothing to construct"))

    def _supplied(self, error: BaseException) -> bool:
        """Whether the error lacks a configuration, which only a script below the definitions makes; there is one now."""
        name = getattr(error, "name", "") if isinstance(error, NameError) else ""
        if not name or name in vars(self._module) or not CALLED.fullmatch(name):
            return False
        vars(self._module)[name] = self._names["Assumed"]()
        without.assume(f"the configuration {name} is not defined where the class is: its values are assumed")
        return True

    def _no_module(self) -> NothingRanError | None:
        """A class of the file that has `forward` and is something else."""
        name = self._request.get("wanted") or ""
        cls = vars(self._module).get(name)
        if isinstance(cls, Absent):
            return NothingRanError("import", AbsentError(f"{self._module.__name__}.{name}"))
        lacking = parent_missing(cls) if isinstance(cls, type) else None
        if lacking is not None:
            return NothingRanError("import", lacking)
        if not isinstance(cls, type) or issubclass(cls, nn.Module):
            return None
        return NothingRanError("abstract", WrongModelError(f"{name} is no nn.Module"))

    def _expressions(self) -> Iterator[tuple[str, str]]:
        """The file's own expressions, then guesses."""
        for candidate in self._request["candidates"]:
            yield candidate["expression"], candidate["origin"]
        cls = vars(self._module).get(self._request.get("wanted") or "")
        is_model = isinstance(cls, type) and issubclass(cls, nn.Module)
        if self._request.get("guess") and cls is not None and (is_model or isinstance(cls, types.FunctionType)):
            wanted, failed = self._request["wanted"], None
            try:
                yield from self._guesses(wanted, cls)
            except NoArgumentsError as error:
                failed = error
            for name in makers_in(cls) if isinstance(cls, type) else ():
                with contextlib.suppress(NoArgumentsError):
                    yield from self._guesses(f"{wanted}.{name}", getattr(cls, name))
            if failed is not None:
                raise failed

    def _guesses(self, name: str, cls: Made) -> Iterator[tuple[str, str]]:
        """Calls of a class, or of what makes one, with guessed arguments."""
        root = bool(self._request.get("root"))
        self._guessed = GuessedArguments(name, cls, vars(self._module), self._names, root=root)
        yield from itertools.islice(self._guessed.working(), _MOST_MODELS)

    def _learn(self, failure: NothingRanError) -> None:
        """Tells the guesses at arguments what their model failed with."""
        if self._guessed is not None and failure.stage == "forward":
            refused = failure.__cause__
            self._guessed.said = feedback_of(refused.furthest if isinstance(refused, RefusedError) else failure.error)

    def run_alone(self, expression: str, origin: str, given: Assignment | None) -> Run:
        """The model of one expression; with what it was `given` somewhere, where that is known and nothing else is asked."""
        hints = [given] if given is not None and not self._request.get("inputs") else []
        return self._run_model(self._maker.made(expression), expression, origin, hints)

    def _run(self, expression: str, origin: str) -> Run:
        return self._run_model(self._maker.made(expression), expression, origin)

    def _run_model(self, model: nn.Module, expression: str, origin: str, given: Sequence[Assignment] = ()) -> Run:
        try:
            inputs = ForwardInputs(model, self._request.get("batch"))
        except Exception as error:  # a module that registers others under numbers
            raise NothingRanError("construct", error) from error
        search = Search(model, inputs.option, self._recorder)
        hints, choices = self._known(inputs)
        try:
            assignment, found = search.find(
                [*given, *hints], choices, lambda a, built: self._attempt(model, inputs, a, built)
            )
        except RefusedError as refused:
            if Claim.helps(refused.error):
                return self._run(expression, origin)
            method = abstract_method(refused.error)
            if method:
                told = f"{type(model).__name__} leaves {method}() to the classes that inherit from it"
                raise NothingRanError("abstract", WrongModelError(told)) from refused
            words = f"with the input {in_words(refused.assignment)}" if refused.assignment else ""
            if origin.startswith("assumed"):
                words += f"{' and' if words else 'with'} the assumed arguments {origin.partition(' ')[2]}"
            if words and not self._request.get("inputs"):
                words += f"; {_ADVICE}"
            raise NothingRanError("forward", refused.error, words) from refused
        if search.tries > 1:
            try:
                return self._again(expression, origin, assignment)
            except Exception:  # what ran once may not run as new: chance, counters
                found = self._once_more(model, inputs, assignment)
        return Run(model, expression, _shown(origin), *found)

    def _again(self, expression: str, origin: str, assignment: Assignment) -> Run:
        """The model as new, which failed tries have not touched, with the inputs that were found."""
        model = self._maker.made(expression)
        built = {name: guess.build() for name, guess in assignment.items()}
        inputs = ForwardInputs(model, self._request.get("batch"))
        return Run(model, expression, _shown(origin), *self._attempt(model, inputs, assignment, built))

    def _once_more(
        self, model: nn.Module, inputs: ForwardInputs, assignment: Assignment
    ) -> tuple[list[ModelInput], object]:
        try:
            return self._attempt(model, inputs, assignment, {name: g.build() for name, g in assignment.items()})
        except Exception as error:
            raise NothingRanError("forward", error, f"with the input {in_words(assignment)}") from error

    def _known(self, inputs: ForwardInputs) -> tuple[list[Assignment], Mapping[str, Sequence[Any]]]:
        """Given inputs, what calls in the file give, and guesses for the rest."""
        batch = self._request.get("batch")
        specs: list[GivenInput] = self._request.get("inputs") or []
        if specs:
            given = inputs.from_specs(with_batch(specs, batch), self._request["inputs_origin"], fixed=True)
            return [], inputs.complete(given)
        written: list[Hint] = self._request.get("hints") or []
        choices = inputs.choices()
        hints: list[Assignment] = []
        for hint in written:
            found = inputs.from_specs(with_batch(hint["inputs"], batch), hint["origin"], fixed=False)
            rest = {name: guesses[0] for name, guesses in choices.items() if name not in found}
            hints.append({**found, **rest})
        return hints, choices

    def _attempt(
        self, model: nn.Module, inputs: ForwardInputs, assignment: Assignment, built: Mapping[str, Any]
    ) -> tuple[list[ModelInput], object]:
        recorder = self._recorder
        if self._request.get("channels_last"):
            built = order.channels_last(model, built)
        recorder.restart()
        self._tracker.restart()
        self._tracker.adopt(model)
        specs = described(assignment, built)
        for spec in specs:
            recorder.register(spec["tensor"], "input", spec["name"])
        recorder.values.longest = max((n for spec in specs for n in spec["shape"]), default=1)
        recorder.recording = True
        try:
            result = inputs.call(built)
        finally:
            recorder.recording = False
        if not self._request.get("inputs"):
            check_not_empty(result, recorder)
        return specs, result


def _shown(origin: str) -> str:
    """The words for how a model was constructed, with what it read from an assumed configuration."""
    return _CONFIGURATION.sub(lambda _: assumed.in_words(), origin)
