"""What a failing line compares and looks up, with the values that it had: read from the frame that it ran in."""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
import tokenize
from collections.abc import Iterator
from traceback import walk_tb
from types import FrameType
from typing import Any


def innermost(error: BaseException, *kinds: type) -> Iterator[tuple[FrameType, int]]:
    """The frame that an error of one of the kinds arose in, and its line; nothing for other errors."""
    if isinstance(error, kinds):
        yield from list(walk_tb(error.__traceback__))[-1:]


def compared(frame: FrameType) -> Iterator[tuple[ast.Compare, Any, Any]]:
    """The comparisons in the condition that failed, with the values of both sides."""
    for test in _tests_near(frame):
        for node in (pair for item in ast.walk(test) if isinstance(item, ast.Compare) for pair in _pairs(item)):
            yield node, evaluated(node.left, frame), evaluated(node.comparators[0], frame)


def meant(node: ast.expr, frame: FrameType) -> ast.expr:
    """What a local variable was assigned; without the method that is called of it: `kind = config.kind.lower()`."""
    if isinstance(node, ast.Name):
        assigned = (item for item in _function(frame) if isinstance(item, ast.Assign))
        node = next((item.value for item in assigned if getattr(item.targets[0], "id", "") == node.id), node)
    return node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else node


def classes_asked(frame: FrameType) -> Iterator[tuple[str, type]]:
    """Names, and the class that the failing condition says that they should be of: `assert isinstance(layers, Encoder)`."""
    for test in _tests_near(frame):
        for node in ast.walk(test):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance" and len(node.args) == 2:
                asked = evaluated(node.args[1], frame)
                for cls in asked if isinstance(asked, tuple) else (asked,):
                    if isinstance(node.args[0], ast.Name) and isinstance(cls, type):
                        yield node.args[0].id, cls


def none_asked(frame: FrameType) -> Iterator[str]:
    """The attributes that the running function compares with None."""
    for node in _function(frame):
        side = node.comparators[0] if isinstance(node, ast.Compare) else None
        if isinstance(node, ast.Compare) and isinstance(side, ast.Constant) and side.value is None:
            yield from [node.left.attr] if isinstance(node.left, ast.Attribute) else []


def _function(frame: FrameType) -> list[ast.AST]:
    """The nodes of the running function."""
    lines = linecache.getlines(frame.f_code.co_filename)[frame.f_code.co_firstlineno - 1 :]
    try:
        return list(ast.walk(ast.parse(textwrap.dedent("".join(inspect.getblock(lines))))))
    except (SyntaxError, IndexError, tokenize.TokenError):
        return []


def subscripts(frame: FrameType, number: int, kind: type) -> Iterator[tuple[ast.expr, Any]]:
    """The keys, and what they are looked up in, of `mapping[key]` in a line, where that is of a kind."""
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and node.lineno <= number <= (node.end_lineno or node.lineno):
            mapping = evaluated(node.value, frame)
            if isinstance(mapping, kind):
                yield node.slice, mapping


def _tests_near(frame: FrameType) -> Iterator[ast.expr]:
    """The condition of the statement that failed; where it is an `else`, those before it."""
    name, number = frame.f_code.co_filename, frame.f_lineno
    try:
        tree = ast.parse("".join(linecache.getlines(name)))
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.lineno <= number <= (node.end_lineno or node.lineno):
            yield node.test
        if isinstance(node, ast.If):
            tests = _chain(node)
            ends = (s for item in (node, tests[-1]) for s in (*item.body, *item.orelse))
            if any(isinstance(s, ast.Raise) and s.lineno <= number <= (s.end_lineno or 0) for s in ends):
                yield from (item.test for item in tests)


def _pairs(node: ast.Compare) -> Iterator[ast.Compare]:
    """`a == b == c` as `a == b` and `b == c`."""
    sides = [node.left, *node.comparators]
    for left, operator, right in zip(sides, node.ops, sides[1:]):  # noqa: B905 (Python 3.9)
        yield ast.copy_location(ast.Compare(left, [operator], [right]), node)


def _chain(node: ast.If) -> list[ast.If]:
    """An `if` with the `elif`s after it."""
    rest = node.orelse[0] if len(node.orelse) == 1 else None
    return [node, *(_chain(rest) if isinstance(rest, ast.If) else [])]


def evaluated(node: ast.expr, frame: FrameType) -> Any:
    """The value of one side of a comparison; calls may only ask a tensor for its shape."""
    calls = [item for item in ast.walk(node) if isinstance(item, ast.Call)]
    harmless = ("size", "dim", "len", "numel", "tuple", "list", "dict", "ndimension", "max", "min")
    if any(getattr(call.func, "attr", getattr(call.func, "id", "")) not in harmless for call in calls):
        return None
    try:
        return eval(compile(ast.Expression(node), "<comparison>", "eval"), frame.f_globals, frame.f_locals)
    except Exception:  # the user's expression may fail in any way
        return None
