"""The comment above a class that says how to run it:

`# graphperf: input=(1, 3, 224, 224) dtype=float16 init=(num_classes=10) hardware=h100-sxm5-80gb`
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from ..syntax import parse_expression

_START = re.compile(r"^\s*#\s*graphperf:(?!\s*ignore)(?P<body>.*)$")
_KEY = re.compile(r"\s*(?P<key>[a-z_]+)=")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
DTYPES = ("float32", "float16", "bfloat16", "float64", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64")
KEYS = ("input", "dtype", "init", "hardware", "precision", "batch", "mode")


@dataclass(frozen=True, slots=True)
class Directive:
    """What the comment says: input shapes and dtypes, constructor arguments as text, and settings by name.

    Line 0 stands for `pyproject.toml`, which can say the same.
    """

    line: int
    inputs: tuple[tuple[tuple[int, ...], str], ...] = ()
    init: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    problem: str | None = None

    @property
    def origin(self) -> str:
        """Where it stands, in words."""
        return f"directive on line {self.line}" if self.line else "pyproject.toml"


def directive_above(lines: Sequence[str], class_line: int) -> Directive | None:
    """The directive in the comment lines directly above line `class_line` (counted from 1), if there is one."""
    for number in range(class_line - 1, 0, -1):
        text = lines[number - 1]
        match = _START.match(text)
        if match:
            return _parse(match["body"], number)
        if not text.lstrip().startswith("#"):
            return None
    return None


def directive_text(inputs: Sequence[tuple[tuple[int, ...], str]], init: str | None) -> str:
    """What follows `# graphperf:` to say these shapes and dtypes, and these constructor arguments."""
    shapes = [str(shape) for shape, _ in inputs]
    dtypes = list(dict.fromkeys(dtype for _, dtype in inputs))
    parts = [f"input={shapes[0] if len(shapes) == 1 else '[' + ', '.join(shapes) + ']'}"] if shapes else []
    if len(dtypes) > 1:
        parts.append(f"dtype=({', '.join(dtype for _, dtype in inputs)})")
    elif dtypes not in ([], ["float32"]):
        parts.append(f"dtype={dtypes[0]}")
    return " ".join([*parts, *([f"init=({init})"] if init is not None else [])])


def parse_shapes(text: str, dtypes: str | None = None) -> tuple[tuple[tuple[int, ...], str], ...]:
    """`(1, 3, 224, 224)` or `[(1, 128), (1, 128)]` as (shape, dtype) pairs. Raises ValueError with what is wrong."""
    shapes = _shapes(text)
    names = [name.strip() for name in (dtypes or "float32").strip("()[] ").split(",")]
    if len(names) not in (1, len(shapes)):
        raise ValueError(f"{len(shapes)} shapes but {len(names)} dtypes")
    chosen = names * len(shapes) if len(names) == 1 else names
    unknown = [name for name in chosen if name.removeprefix("torch.") not in DTYPES]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no dtype; known are {', '.join(DTYPES)}")
    return tuple((shape, dtype.removeprefix("torch.")) for shape, dtype in zip(shapes, chosen, strict=True))


def _shapes(text: str) -> list[tuple[int, ...]]:
    wrong = f"{text.strip()!r} is not a shape such as (1, 3, 224, 224)"
    try:
        value: object = ast.literal_eval(parse_expression(text.strip()))
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError(wrong) from error
    if isinstance(value, int):
        return [(value,)]
    if not isinstance(value, tuple | list):
        raise ValueError(wrong)
    items = cast("Sequence[object]", value)
    several = bool(items) and all(isinstance(item, tuple | list) for item in items)
    return [_shape(item, wrong) for item in (items if several else [items])]


def _shape(value: object, wrong: str) -> tuple[int, ...]:
    sizes = cast("Sequence[object]", value)
    found = tuple(size for size in sizes if isinstance(size, int) and not isinstance(size, bool) and size >= 0)
    if len(found) != len(sizes):
        raise ValueError(wrong)
    return found


def _parse(body: str, line: int) -> Directive:
    try:
        given = dict(_pairs(body))
        unknown = [key for key in given if key not in KEYS]
        if unknown:
            raise ValueError(f"unknown key {unknown[0]!r}; known are {', '.join(KEYS)}")
        inputs = parse_shapes(given["input"], given.get("dtype")) if "input" in given else ()
    except ValueError as error:
        return Directive(line, problem=str(error))
    init = given.get("init")
    settings = tuple((key, given[key]) for key in ("hardware", "precision", "batch", "mode") if key in given)
    return Directive(line, inputs, init[1:-1] if init is not None and init.startswith("(") else init, settings)


def _pairs(body: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    position = 0
    while position < len(body.rstrip()):
        match = _KEY.match(body, position)
        if match is None:
            raise ValueError(f"expected key=value at {body[position:].strip()!r}")
        end = _value_end(body, match.end())
        pairs.append((match["key"], body[match.end() : end]))
        position = end
    return pairs


def _value_end(body: str, start: int) -> int:
    """Where the value that begins at `start` ends: at its closing bracket, or at the next space."""
    closing: list[str] = []
    for index in range(start, len(body)):
        character = body[index]
        if character in _CLOSING:
            closing.append(_CLOSING[character])
        elif closing and character == closing[-1]:
            closing.pop()
            if not closing:
                return index + 1
        elif not closing and character.isspace():
            return index
    if closing:
        raise ValueError(f"{closing[-1]!r} is missing")
    return len(body)
