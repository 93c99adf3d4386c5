"""Reading TOML, and finding the line a field is on (the parser does not keep it)."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_HEADER = re.compile(r"^\s*\[([^\[\]]+)\]")
_KEY = re.compile(r"^\s*([\w.\"'-]+)\s*=")
_PARSER_LINE = re.compile(r"at line (\d+)")


class TomlError(ValueError):
    """The text is not TOML; *line* counts from 1."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message, line)
        self.message = message
        self.line = line


def read(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the text and the tables of a file; raise ``OSError`` or :class:`TomlError`."""
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise TomlError(f"not UTF-8 ({error.reason})", None) from error
    except tomllib.TOMLDecodeError as error:
        found = _PARSER_LINE.search(str(error))
        raise TomlError(str(error), int(found[1]) if found else None) from error


def line_of(text: str, field: tuple[str, ...]) -> int | None:
    """Return the line (from 1) of *field*, or of the nearest table around it that the text names."""
    best, depth, table = None, 0, ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            here = table = _parts(header[1])
        elif key := _KEY.match(line):
            here = (*table, *_parts(key[1]))
        else:
            continue
        if len(here) > depth and field[: len(here)] == here:
            best, depth = number, len(here)
    return best


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip(" \"'") for part in dotted.split("."))
