"""What the error of a constructor says of its arguments: which are meant, and which values would be right."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator, Mapping
from traceback import walk_tb
from types import TracebackType
from typing import Any

from torch import nn

from .assumed import OF_TEXTS
from .conditions import compared, innermost, meant, none_asked, subscripts
from .guards import WeightsRefusedError
from .typical import typical_values

# Words in the names of switches that have weights loaded.
WEIGHTS = ("pretrain", "weights", "download")
# How many lines of a traceback may have read what was wrong, innermost first.
_NEAR = 3


def of_wanted_type(texts: list[str], message: str, now: str = "") -> Iterator[str]:
    """The expressions of the type whose lack the message deplores; `now` is what it was."""
    if re.search(r"must be tuple of ints, but found element of type (tuple|list|bool|float|NoneType)", message):
        yield from (text for text in texts if text.isdigit())
        yield "64"
    elif re.search(r"\(position \d\) must be [\w ]+, not [A-Z]", message):  # wraps layers, or makes them
        yield "nn.Sequential"
    elif re.search(r"not iterable|not subscriptable|no len\(\)|unpack non-iterable|argument after \*", message):
        if now[:1] in ("[", "("):  # its items are to be taken apart
            yield "[(64, 64), (64, 64), (64, 64), (64, 64)]"
            yield "[(1, 64, 56, 56), (1, 64, 56, 56)]"
        yield from (text for text in texts if text[:1] in "[(")
        yield from ("[64, 64, 64, 64]", "(64, 64)")
    elif re.search(r"(be|as|type|expected) (a |an )?(list|tuple|sequence)|isinstance\(.*list", message):
        yield from (text for text in texts if text[:1] in "[(")
        yield from ("[64, 64]", "(64, 64)")
    elif re.search(r"is not in list|not in tuple", message):
        yield from (f"[{item}, 64, 64, 64]" for item in re.findall(r"^('[^']*'|\d+) is not in", message))
    elif re.search(r"index out of range", message):
        yield from (
            f"[{', '.join(['64'] * count)}]" for count in (6, 12) if any(text[:1] in "[(" for text in texts[:3])
        )
    elif re.search(rf"has no attribute '({'|'.join(OF_TEXTS)})'", message):
        yield from (text for text in texts if text[:1] == "'")
        yield "''"
    elif re.search(r"not callable", message):
        yield from (text for text in texts if text.startswith(("nn.", "Passthrough")))
        yield from ("Passthrough", "Passthrough()")
    elif re.search(r"'(int|float|str|bool|NoneType)' object has no attribute", message):
        yield from ("Assumed()", "Passthrough()", "nn.LayerNorm")
    elif re.search(r"is not a Module subclass|cannot assign", message):
        yield "Passthrough()"
    elif re.search(r"between 0 and 1|in \[0, 1\]|in range|must be (in|less|<)|probability", message):
        yield from ("0.5", "0.0")
    elif re.search(r"divisible|multiple|% ", message):
        numbers = [int(number) for number in re.findall(r"\b\d{1,3}\b", message)]
        yield from (str(64 * number) for number in numbers if 1 < number < 64 and 64 % number)
        yield from ("256", "8", "4", "64", "512", "1")
    elif re.search(
        r"unsupported operand|isinstance\(\w+, int\)|instances of '(list|tuple)' and 'int'|must be (an )?int|empty\(\)"
        r"|cannot be interpreted as an integer",
        message,
    ):
        yield from (text for text in texts if text.isdigit())
        yield from ("64", "2")


def said(error: BaseException) -> str:
    """The message of an error; the condition of an assertion that says nothing."""
    return (
        str(error) or next(iter(lines_of(error.__traceback__)), "") if isinstance(error, AssertionError) else str(error)
    )


def missing(message: str) -> list[str]:
    """Names of the arguments that a constructor further up lacks."""
    if "missing" in message and "required" in message:
        return re.findall(r"'(\w+)'", message.partition(":")[2])
    return re.findall(r"[`'](\w+)[`']", message) if re.search(r"must be|required|expected", message) else []


def completed(cls: type, error: BaseException) -> Iterator[str]:
    """`partial(nn.Conv2d, kernel_size=3, padding=1)`: the class with the arguments that it was called without."""
    message = str(error)
    if not re.search(rf"\b{cls.__name__}\.__init__\(\) missing", message):
        return
    given = {name: next(iter(typical_values(name.lower(), root=False))) for name in missing(message)}
    if given.get("kernel_size") == "3":
        given["padding"] = "1"
    name = f"nn.{cls.__name__}" if getattr(nn, cls.__name__, None) is cls else cls.__name__
    yield f"partial({', '.join([name, *(f'{key}={text}' for key, text in given.items())])})"


def allowed(error: BaseException, name: str) -> list[object]:
    """What the failing condition compares the parameter with: `assert mode in {...}`."""
    found: list[object] = []
    for left, right in _compared(error):
        given = right if isinstance(right, (list, tuple, set, frozenset, dict)) else [right]
        if _is_of(left, name):
            found += [item for item in given if isinstance(item, (str, int, list, tuple))]
    for key, mapping in _looked_up(error):
        if _is_of(key, name):
            found += [item for item in mapping if isinstance(item, (str, int))]
    return found[:6]


def _compared(error: BaseException) -> Iterator[tuple[ast.expr, object]]:
    """What the failing condition compares, and with which values."""
    for frame, _ in innermost(error, AssertionError, ValueError, KeyError, NotImplementedError):
        for node, _, right in compared(frame):
            yield from ((side, right) for side in {node.left, meant(node.left, frame)})


def _looked_up(error: BaseException) -> Iterator[tuple[ast.expr, Mapping[Any, Any]]]:
    """What was not there, and the mapping that it was looked for in."""
    for frame, line in innermost(error, KeyError):
        yield from subscripts(frame, line, Mapping)


def _is_of(node: ast.expr, name: str) -> bool:
    """Whether an expression is the parameter `name`, or what a configuration has of that name."""
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value == name
    if isinstance(node, ast.Attribute):
        return node.attr == name
    return isinstance(node, ast.Name) and (node.id == name or name.endswith(f"_{node.id}"))


def lines_of(trace: TracebackType | None) -> list[str]:
    """The source lines of a traceback, innermost first."""
    return [linecache.getline(frame.f_code.co_filename, line) for frame, line in walk_tb(trace)][::-1]


def stated(text: str, name: str) -> bool:
    """Whether an expression gives a keyword."""
    return re.search(rf"\b{re.escape(name)}=", text) is not None


def reconfigured(text: str, names: set[str], error: BaseException) -> Iterator[str]:
    """`Assumed(...)` with other values for those of its attributes `names` that the failing lines read."""
    lines, message = lines_of(error.__traceback__), said(error)
    kept = text[len("Assumed(") : -1]
    loading = [name for name in names if any(word in name for word in WEIGHTS) and not stated(kept, name)]
    if loading and isinstance(error, WeightsRefusedError):
        yield f"Assumed({', '.join([*([kept] if kept else []), *(f'{name}=False' for name in sorted(loading))])})"
    asked = [*_compared(error), *_looked_up(error)]
    texts = [*lines[:_NEAR], *(ast.unparse(node) for node, _ in asked)]
    for name in dict.fromkeys(name for frame, _ in innermost(error, AssertionError) for name in none_asked(frame)):
        if name in names and not stated(kept, name):
            yield f"Assumed({', '.join([*([kept] if kept else []), f'{name}=None'])})"
    read = dict.fromkeys(word for text in texts for word in re.findall(r"\w+", text) if word in names)
    if message == "not a sequence":  # a number that may be more than that
        given = (f"{name}={next(typical_values(name.lower(), root=True))}" for name in read if not stated(kept, name))
        yield f"Assumed({', '.join([*([kept] if kept else []), *given])})"
    for name in read:
        usual = list(typical_values(name.lower(), root=True))
        options = [repr(option) for option in allowed(error, name)]
        for other in dict.fromkeys([*options, *of_wanted_type(usual, message), *usual[1:4], "64", "1"]):
            if not stated(kept, name):
                yield f"Assumed({', '.join([*([kept] if kept else []), f'{name}={other}'])})"


def lacking(text: str, error: BaseException, *, keyed: bool) -> str:
    """The attribute or the key that a configuration `GPTConfig(...)` lacks, by the error; empty when it is about something
    else."""
    key = error.args[0] if isinstance(error, KeyError) and error.args else ""
    if isinstance(key, str) and key.isidentifier() and keyed:
        return key
    found = (
        re.search(r"'(\w+)' object has no attribute '(\w+)'", str(error)) if isinstance(error, AttributeError) else None
    )
    about = found is not None and text.startswith((f"{found[1]}(", f"configured({found[1]}("))
    return found[2] if found is not None and about and not found[2].startswith("_") else ""


def extended(text: str, name: str, value: object, *, is_open: bool) -> str:
    """A call with one keyword more, where its class takes any; else what it gives with that attribute."""
    if not is_open and not text.startswith("configured("):
        return f"configured({text}, {name}={value!r})"
    return f"{text[:-1]}{'' if text.endswith('()') else ', '}{name}={value!r})"


def resized(text: str, message: str) -> Iterator[str]:
    """A list with as many items as the message counts: `dims must be a tuple of 3`."""
    items = items_of(text)
    if items is not None:
        counts = {int(number) for number in re.findall(r"(?<![\w.])\d(?![\w.])", message)}
        yield from (with_items(text, items, count) for count in sorted(counts - {len(items), 0}, reverse=True))


def items_of(text: str) -> list[str] | None:
    """The items of `[64, 64]`; None of what is no list or tuple."""
    if not text.startswith(("[", "(")):
        return None
    return [item.strip() for item in text[1:-1].split(",") if item.strip()]


def with_items(text: str, items: list[str], count: int) -> str:
    """A list or a tuple of the first so many `items`, the last of them repeated."""
    inner = ", ".join([*items, *items[-1:] * count][:count])
    return f"{text[0]}{inner}{',' if count == 1 and text[0] == '(' else ''}{text[-1]}"
