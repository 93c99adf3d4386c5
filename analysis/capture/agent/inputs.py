"""Which inputs to run a model with: as given, as a call in the file gives them, or guessed and then corrected."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict

import torch
from torch import nn

from .configured import handed_on, is_configured, option, stated, stated_frames, stated_side
from .consumers import consumer, source_of
from .guess import Assignment, Guess, tensors_of
from .initial import initial_state
from .layers import layers_at, layers_of
from .losses import of_loss
from .names import attention_inputs, suggestions


class _Shaped(TypedDict):
    shape: list[int]


class GivenInput(_Shaped, total=False):
    """An input as the host gives it."""

    dtype: str
    name: str


class Hint(TypedDict):
    """What a call in the file gives the model."""

    inputs: list[GivenInput]
    origin: str


class ModelInput(TypedDict):
    """An input to run the model with; `origin` says in words where its shape is from."""

    tensor: torch.Tensor
    shape: list[int]
    dtype: str
    origin: str
    name: str


class ForwardInputs:
    """The parameters of a model's `forward`, and what each may be."""

    def __init__(self, model: nn.Module, batch: int | None) -> None:
        self._model, self._batch = model, batch or 1
        self._parameters = _parameters(model)
        self._source = source_of(type(model).forward)
        self._layers = layers_of(model)

    def choices(self) -> dict[str, Sequence[Guess]]:
        """Ranked guesses for each parameter that is needed."""
        known = stated(self._model, self._parameters, self._batch)
        needed = [name for name, p in self._parameters.items() if p.default is p.empty or name in known]
        if not needed and self._parameters:
            needed = [next(iter(self._parameters))]
        found: dict[str, Sequence[Guess]] = {}
        main = consumer(self._model, needed[0]) if needed else None
        if main is not None:
            self._layers = layers_at(*main, self._layers)
        for index, name in enumerate(needed):
            guesses = self._suggestions(name, main=index == 0)
            if _is_of_attention(name, needed):
                guesses = attention_inputs(name, self._layers, self._batch)
            made = known.get(name) or initial_state(self._model, name, self._batch)
            found[name] = [made, *guesses] if made is not None else self._sized(guesses)
            if self._parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
                found[name] = [each for guess in found[name] for each in _one_by_one(guess)]
        return dict(of_loss(self._model, self._source, found, self._batch))

    def _sized(self, guesses: list[Guess]) -> list[Guess]:
        """A whole image, or a video, first with the sizes that the model says it is made for."""
        first, shape = guesses[0], guesses[0].shape
        if len(shape) not in (4, 5) or shape[1] > 4:
            return guesses
        side = stated_side(self._model)
        sides = (side, side) if side else shape[-2:]
        sized = (
            (*shape[:2], *sides) if len(shape) == 4 else (*shape[:2], stated_frames(self._model) or shape[2], *sides)
        )
        return guesses if sized == shape else [first.reshaped(sized, "assumed from the image size"), *guesses]

    def option(self, name: str) -> Guess | None:
        """A guess for a parameter that has a default."""
        if name not in self._parameters and f"kwargs['{name}']" not in self._source.replace('"', "'"):
            return None
        known = option(name, self._model, self._batch)
        if known is not None:
            return known
        guesses = self._suggestions(name, main=False)
        return next((guess for guess in guesses if guess.kind != "value" or guess.value is not None), None)

    def from_specs(self, specs: Sequence[GivenInput], origin: str, *, fixed: bool) -> dict[str, Guess]:
        """Given tensors, to the parameters of their names, and the rest in order."""
        names = list(self._parameters)
        found: dict[str, Guess] = {}
        for index, spec in enumerate(specs):
            free = [name for name in names if name not in found]
            name = spec.get("name") or (free[0] if free else f"*{index}")
            guess = Guess(origin, tuple(spec["shape"]), spec.get("dtype") or "float32", fixed=fixed)
            found[name] = guess
        return found

    def complete(self, given: Assignment) -> dict[str, Sequence[Guess]]:
        """The choices with the given ones put in."""
        choices = self.choices()
        fixed: dict[str, Sequence[Guess]] = {name: [guess] for name, guess in given.items()}
        return {**fixed, **{name: guesses for name, guesses in choices.items() if name not in fixed}}

    def call(self, built: Mapping[str, Any], run: Callable[..., object] | None = None) -> object:
        """Runs the model, or what `run` makes of it: required parameters by position, the others by name."""
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        in_order = True
        for name, parameter in self._parameters.items():
            if name not in built:
                in_order = False
            elif parameter.kind is parameter.VAR_POSITIONAL:
                args += built[name] if isinstance(built[name], tuple) else [built[name]]
            elif in_order and parameter.kind is not parameter.KEYWORD_ONLY:
                args.append(built[name])
            else:
                kwargs[name] = built[name]
        args += [given for name, given in built.items() if name.startswith("*")]
        kwargs.update((n, g) for n, g in built.items() if n not in self._parameters and not n.startswith("*"))
        return (self._model if run is None else run)(*args, **kwargs)

    def _suggestions(self, name: str, *, main: bool) -> list[Guess]:
        parameter = self._parameters.get(name)
        annotation = parameter.annotation if parameter is not None else inspect.Parameter.empty
        layers, seen = self._layers, False
        found = consumer(self._model, name)
        known = handed_on(name, found[1], self._batch) if found is not None and is_configured(found[1]) else None
        if found is not None:
            layers = layers_at(*found, layers)
            seen = layers.path == found[0]
        rest = suggestions(name, annotation, layers, self._batch, main, seen)
        return [known, *rest] if known is not None else rest


def _one_by_one(guess: Guess) -> list[Guess]:
    """Several values for `*x`: one by one, which is what a tuple means here; then the list as one."""
    return [replace(guess, kind="tuple"), guess] if guess.kind == "list" else [guess]


def _is_of_attention(name: str, names: Sequence[str]) -> bool:
    """Whether a parameter is one of an attention's three."""
    together = ({"q", "k"}, {"query", "key"}, {"queries", "keys"}, {"q", "kv"}, {"query", "key_value"})
    return name[:1].lower() in "qkv" and any(pair <= {n.lower() for n in names} for pair in together)


def with_batch(specs: list[GivenInput], batch: int | None) -> list[GivenInput]:
    """`specs` with the first dimension replaced by `batch`, when a batch is asked for."""
    if batch is None:
        return specs
    return [{**spec, "shape": [batch, *spec["shape"][1:]]} if spec["shape"] else spec for spec in specs]


def described(assignment: Assignment, built: Mapping[str, Any]) -> list[ModelInput]:
    """The tensors of an assignment, those inside lists and dicts too, with the words for each."""
    found: list[ModelInput] = []
    for name, guess in assignment.items():
        leaves = zip(guess.leaves(), tensors_of(built[name]))  # noqa: B905 (Python 3.9)
        for index, (item, given) in enumerate(leaves):
            origin = guess.origin if guess.items else item.origin
            label = _label("" if name.startswith("*") else name, guess, index)
            found.append(
                {"tensor": given, "shape": list(item.shape), "dtype": item.dtype, "origin": origin, "name": label}
            )
    return found


def _label(name: str, guess: Guess, index: int) -> str:
    """How the user's code names one tensor of an input."""
    if guess.kind in ("list", "tuple"):
        return f"{name}[{index}]"
    if guess.kind == "dict":
        return f"{name}[{guess.keys[index]!r}]"
    return f"{name}.{guess.keys[index]}" if guess.kind == "object" else name


def in_words(assignment: Assignment) -> str:
    """`x 1×3×224×224 (assumed from conv1)`, one after the other."""
    parts: list[str] = []
    for name, guess in assignment.items():
        shapes = ", ".join("×".join(map(str, leaf.shape)) for leaf in guess.leaves())
        shown = f"[{shapes}]" if guess.items else shapes if guess.kind == "tensor" else repr(guess.value)
        parts.append(
            f"{name.lstrip('*')} {shown} ({guess.origin})" if len(assignment) > 1 else f"{shown} ({guess.origin})"
        )
    return ", ".join(parts)


def _parameters(model: nn.Module) -> dict[str, inspect.Parameter]:
    """What `forward` can be given; `*args` is one parameter when there is nothing before it."""
    try:
        parameters = list(inspect.signature(model.forward).parameters.values())
    except (TypeError, ValueError):
        parameters = [inspect.Parameter("input", inspect.Parameter.POSITIONAL_ONLY)]
    found = {p.name: p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    variable = next((p for p in parameters if p.kind is p.VAR_POSITIONAL), None)
    if variable is not None and all(p.kind is p.KEYWORD_ONLY for p in found.values()):
        taken = {name: _single(variable, name) for name in _unpacked(model, variable.name)}
        found = (taken or {variable.name: variable}) | found
    return found


def _unpacked(model: nn.Module, name: str) -> list[str]:
    """`prediction` and `target` where `*inputs` is taken apart into them first."""
    taken = rf"^\s*(\w+(?:, *\w+)+) = (?:{name}|(?:tuple|list)\({name}\))$"
    match = re.search(taken, source_of(type(model).forward), re.MULTILINE)
    return re.findall(r"\w+", match[1]) if match is not None else []


def _single(parameter: inspect.Parameter, name: str) -> inspect.Parameter:
    """One of the values that `*x` takes as a parameter of that name."""
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY, annotation=parameter.annotation)
