"""What the host asks of an agent, and what comes back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..discovery import Imports, ModelClass, ModuleTarget
from ..discovery.calls import Candidate, InputHint
from ..graph import Graph
from ..store import Dependency
from ..syntax import parse_expression

Shapes = tuple[tuple[tuple[int, ...], str], ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """A class whose graph is wanted rather than that of the model around it: where it is, and its inputs when they are given."""

    file: str
    text: str
    name: str
    inputs: Shapes = ()
    inputs_origin: str = ""


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """One model to capture: where its code is, how to construct it, and its inputs when they are given.

    `wanted` names a class that must be in the model: a candidate that gives a model without it is passed over. With
    `guess` its constructor's arguments may be guessed where no candidate works; `root` is a model, not a part of one.
    `imports` are modules, and names in them, that are worth keeping imported for the next capture. Where a class is
    `sought`, the graph is that of the part of the model that is one, with what the model gives it. `channels_last`: the weights
    and inputs of four dimensions lie in that order.
    """

    candidates: tuple[Candidate, ...]
    file: str | None = None
    text: str | None = None
    module: str | None = None
    paths: tuple[str, ...] = ()
    inputs: Shapes = ()
    inputs_origin: str = ""
    hints: tuple[InputHint, ...] = ()
    batch: int | None = None
    seconds: float = 60.0
    memory_gb: float = 8.0
    wanted: str = ""
    guess: bool = False
    root: bool = True
    imports: Imports = ()
    sought: Sought | None = None
    channels_last: bool = False

    def message(self) -> Mapping[str, Any]:
        """The request as the agent reads it."""
        needed = {name for candidate in self.candidates for name in _names(candidate.expression)}
        if self.guess:
            needed |= {self.wanted} if self.candidates else {self.wanted, *_classes(self.text or "")}
        return {
            "op": "capture",
            "file": self.file,
            "text": self.text,
            "module": self.module,
            "paths": list(self.paths),
            "needed": sorted(needed),
            "candidates": [{"expression": c.expression, "origin": c.origin} for c in self.candidates],
            "inputs": _shaped(self.inputs),
            "inputs_origin": self.inputs_origin,
            "hints": [_hint(hint) for hint in self.hints],
            "batch": self.batch,
            "seconds": self.seconds,
            "memory_gb": self.memory_gb,
            "wanted": self.wanted,
            "guess": self.guess,
            "root": self.root,
            "imports": self.imports,
            "sought": _sought(self.sought) if self.sought is not None else None,
            "channels_last": self.channels_last,
        }


@dataclass(frozen=True, slots=True)
class CaptureError:
    """Why there is no graph: `stage` is one of find, syntax, import, construct, input, forward, timeout, crash, interpreter."""

    stage: str
    message: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Captured:
    """The answer to a request: a graph or an error. `answer` is what the agent sent, for those who remember it; `files` are
    what the capture imported.

    `expression` constructed the model, in the namespace of its file; `constructed` says in words where it is from.
    `asked` is what was asked in place of the request, where it was not the request itself.
    """

    graph: Graph | None = None
    error: CaptureError | None = None
    constructed: str = ""
    expression: str = ""
    answer: bytes = field(default=b"", compare=False, repr=False)
    files: tuple[Dependency, ...] = field(default=(), compare=False, repr=False)
    asked: CaptureRequest | None = field(default=None, compare=False, repr=False)


def file_request(
    path: Path,
    text: str,
    model: ModelClass,
    inputs: Shapes,
    inputs_origin: str,
    batch: int | None,
    *,
    part: bool = False,
) -> CaptureRequest:
    """The request for one class of a file; given inputs go before the directive's."""
    shapes, origin = inputs, inputs_origin
    if not shapes and model.directive is not None and model.directive.inputs:
        shapes, origin = model.directive.inputs, model.directive.origin
    return CaptureRequest(
        candidates=model.candidates,
        file=str(path.resolve()),
        text=text,
        inputs=shapes,
        inputs_origin=origin,
        hints=model.hints,
        batch=batch,
        wanted=model.name,
        guess=model.directive is None or model.directive.init is None,
        root=not part,
        imports=model.imports,
    )


def module_request(
    target: ModuleTarget, paths: Sequence[str], inputs: Shapes, inputs_origin: str, batch: int | None
) -> CaptureRequest:
    """The request for a factory, by its import path."""
    candidate = Candidate(f"{target.attribute}()", f"{target}")
    return CaptureRequest(
        candidates=(candidate,),
        module=target.module,
        imports=((target.module, ()),),
        paths=tuple(paths),
        inputs=inputs,
        inputs_origin=inputs_origin,
        batch=batch,
    )


def _shaped(inputs: Shapes) -> list[Mapping[str, Any]]:
    return [{"shape": list(shape), "dtype": dtype} for shape, dtype in inputs]


def _sought(sought: Sought) -> Mapping[str, Any]:
    return {**asdict(sought), "inputs": _shaped(sought.inputs)}


def _hint(hint: InputHint) -> Mapping[str, Any]:
    given = zip(hint.inputs, hint.names, strict=True)
    inputs = [{"shape": list(shape), "dtype": dtype, "name": name} for (shape, dtype), name in given]
    return {"inputs": inputs, "origin": hint.origin}


def _classes(text: str) -> Iterator[str]:
    """Classes of the file: guessed constructor arguments may be configurations, blocks, layers."""
    yield from re.findall(r"^class (\w+)", text, re.MULTILINE)


def _names(expression: str) -> set[str]:
    return {node.id for node in ast.walk(parse_expression(expression)) if isinstance(node, ast.Name)}
