"""Graphs remembered on disk by content: an unchanged model is answered without starting an interpreter.

The key is what a capture asks for: the statements of the file that the model needs, how to construct it, its inputs, the
interpreter, and graphperf's own capture code. An entry also lists the files that the capture imported, torch included, and holds
while none of them has changed. When only lines moved, the remembered lines move with their statements.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ..discovery.classes import split_lines
from ..graph import Graph, SourceLine
from ..store import Store, import_variables, state_of
from ..syntax import parse
from .agent.roots import package_of, relative_dots
from .agent.statements import statements_for
from .capturers import Capturer
from .decode import decode_answer
from .request import Captured, CaptureRequest

_KEPT_STAGES = frozenset({"find", "construct", "input", "forward"})
Spans = tuple[tuple[int, int], ...]


class CachingCapturer:
    """Answers from the store where it can, else asks and remembers."""

    def __init__(self, asker: Capturer, python: str, store: Store | None = None) -> None:
        self._asker = asker
        self._python = os.path.abspath(python)
        self._store = store or Store()

    def capture(self, request: CaptureRequest) -> Captured:
        """The graph or the error."""
        text, spans = _needed_source(request)
        key = _key(request, text, self._python)
        found = self._remembered(key, request, spans)
        if found is not None:
            return found
        captured = self._asker.capture(request)
        if captured.answer and _worth_keeping(captured):
            self._store.put(key, json.dumps(spans).encode() + b"\n" + captured.answer)
        return captured

    def _remembered(self, key: str, request: CaptureRequest, spans: Spans) -> Captured | None:
        data = self._store.get(key)
        if data is None:
            return None
        try:
            old, _, answer = data.partition(b"\n")
            captured = decode_answer(answer)
            if not all(state_of(file[0]) == file for file in captured.files):
                return None
            return _moved(captured, request.file, [tuple(span) for span in json.loads(old)], spans)
        except (ValueError, KeyError, TypeError, IndexError):
            return None


def _worth_keeping(captured: Captured) -> bool:
    """Graphs, and errors that the code itself gives: not a missing package, a time limit or a crash."""
    return captured.error is None or captured.error.stage in _KEPT_STAGES


def _needed_source(request: CaptureRequest) -> tuple[str, Spans]:
    """The text that the capture executes, and the first and last line of each of its statements."""
    if request.file is None or request.text is None:
        return "", ()
    lines = split_lines(request.text)
    whole: tuple[str, Spans] = (request.text, ((1, len(lines)),))
    try:
        body = parse(request.text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return whole
    if "." in package_of(request.file, dots=relative_dots(body))[1]:
        return whole
    spans = tuple(_span(statement) for statement in statements_for(body, request.message()["needed"]))
    return "\n".join("\n".join(lines[first - 1 : last]) for first, last in spans), spans


def _span(statement: ast.stmt) -> tuple[int, int]:
    decorators: Sequence[ast.expr] = getattr(statement, "decorator_list", ())
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return first, statement.end_lineno or statement.lineno


def _key(request: CaptureRequest, text: str, python: str) -> str:
    asked = {**request.message(), "text": text, "seconds": None, "memory_gb": None, "imports": None}
    content = json.dumps([asked, python, _capture_code(), sorted(import_variables().items())], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


@cache
def _capture_code() -> str:
    """A fingerprint of the code that captures."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    stats = [(file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files]
    return hashlib.sha256(repr(stats).encode()).hexdigest()


def _moved(captured: Captured, file: str | None, old: Sequence[tuple[int, ...]], new: Spans) -> Captured | None:
    """The answer with its lines where the statements are now; None when a text in it names a line that moved."""
    shifts = [(first, last, now[0] - first) for (first, last), now in zip(old, new, strict=True)]
    if file is None or not any(shift for _, _, shift in shifts):
        return captured
    if captured.graph is not None and captured.graph.assumptions:
        return None

    def line(place: int) -> int:
        return next((place + shift for first, last, shift in shifts if first <= place <= last), place)

    def moved(place: SourceLine) -> SourceLine:
        return replace(place, line=line(place.line)) if place.file == file else place

    error = captured.error
    if error is not None:
        return None if error.line is not None else captured
    return replace(captured, graph=_with_lines(captured.graph, moved)) if captured.graph is not None else captured


def _with_lines(graph: Graph, moved: Any) -> Graph:
    operators = tuple(replace(o, source=tuple(moved(place) for place in o.source)) for o in graph.operators)
    modules = tuple(
        replace(m, constructed=tuple(moved(p) for p in m.constructed), defined=moved(m.defined) if m.defined else None)
        for m in graph.modules
    )
    defined = moved(graph.defined) if graph.defined is not None else None
    return replace(graph, operators=operators, modules=modules, defined=defined)
