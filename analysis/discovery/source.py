"""The text of a Python file as Python itself would read it, or in words why there is none."""

from __future__ import annotations

import codecs
import io
import tokenize
from pathlib import Path

# The longer marks go first: that of UTF-32 begins with that of UTF-16.
_OTHER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
MARK = "\ufeff"


class UnreadableSource(ValueError):
    """A file that gives no text: why, and at which line."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message, self.line = message, line


def read_python(path: Path) -> str:
    """The text of a file in its declared encoding (PEP 263), its lines ended by LF. Raises `UnreadableSource`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableSource(error.strerror or str(error)) from error
    text = _decoded(data, _encoding(data))
    return text.removeprefix(MARK).replace("\r\n", "\n").replace("\r", "\n")


def _encoding(data: bytes) -> str:
    for mark, name in _OTHER_MARKS.items():
        if data.startswith(mark):
            raise UnreadableSource(f"it is {name}, which Python does not read; save it as UTF-8")
    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError as error:
        _decoded(data, "utf-8")
        raise UnreadableSource(error.msg) from error


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = len(data[: error.start + 1].splitlines())
        undeclared = " and no other encoding is declared" if encoding.startswith("utf-8") else ""
        found = f"byte 0x{data[error.start]:02x} is not {encoding.removesuffix('-sig').upper()}{undeclared}"
        raise UnreadableSource(found, line) from error
    except (UnicodeError, LookupError) as error:
        raise UnreadableSource(str(error)) from error
