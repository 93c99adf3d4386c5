"""Loads that are held where a file's own statements begin, so that captures of its later texts go on from there.

The import of a file in a package imports the package first, which may import all of a repository, the file itself among
the rest. A branch (`branches`) loads the file up to the end of its leading imports and stops. Its forks go on, each with
the text of its request, as if it had come there by itself: the texts begin alike, and what was imported and read on the
way is on disk as it was (`imported`). What a capture is refused on that way is refused in each capture, by name.
"""

from __future__ import annotations

import ast
import functools
import io
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .packages import Imports, ahead
from .roots import package_of, relative_dots
from .statements import leading_imports


class Start(NamedTuple):
    """What decides how a load comes to the file's own statements."""

    file: str
    paths: tuple[str, ...]
    name: str
    leading: str
    imports: Imports


def start_of(request: Mapping[str, Any]) -> Start | None:
    """How the load of a request starts; None where it is none of a file in a package, or another file's edited text counts."""
    file, text = request.get("file"), request.get("text")
    if not file or not text or request.get("sought"):
        return None
    name, leading = _beginning(file, text)
    return Start(file, tuple(request["paths"]), name, leading, ahead(request)) if "." in name else None


@functools.lru_cache(maxsize=8)
def _beginning(file: str, text: str) -> tuple[str, str]:
    """The dotted name of the file as a module, and its text to the end of its leading imports."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", ""
    imports = leading_imports(body)
    lines = list(io.StringIO(text, newline=None))[: imports[-1].end_lineno if imports else 0]
    return package_of(file, dots=relative_dots(body))[1], "".join(lines)


_stop: Callable[[], None] | None = None


def hold(stop: Callable[[], None]) -> None:
    """The next load of this process that comes to a file's own statements does this then."""
    global _stop
    _stop = stop


def reached() -> bool:
    """A load has come to the file's own statements. Whether it goes on with those of another text."""
    global _stop
    stop, _stop = _stop, None
    if stop is not None:
        stop()
    return stop is not None
