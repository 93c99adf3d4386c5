"""The agent's lines: JSON, one message a line; an answer is a line with its number and length, and then its bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping

_AT_ONCE = 1 << 20


def write(descriptor: int, data: bytes) -> None:
    """All of `data`. Raises `OSError` when nobody reads."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_line(descriptor: int, message: Mapping[str, object]) -> None:
    """One message."""
    write(descriptor, json.dumps(message).encode() + b"\n")


def write_answer(descriptor: int, request_id: int, answer: bytes) -> None:
    """The answer to a request, passed on as it is."""
    write_line(descriptor, {"id": request_id, "bytes": len(answer)})
    write(descriptor, answer)


class Lines:
    """Takes lines from a descriptor; what is not a whole line yet is kept."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""

    def read(self) -> list[bytes] | None:
        """The lines that have come since; None at the end."""
        data = os.read(self._descriptor, 1 << 16)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines if data else None


class Answers:
    """Takes answers, as `write_answer` writes them, from a descriptor that does not block."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._data = bytearray()

    def read(self) -> bool:
        """Takes in what there is; False at the end."""
        try:
            data = os.read(self._descriptor, _AT_ONCE)
        except BlockingIOError:
            return True
        self._data += data
        return bool(data)

    def messages(self) -> Iterator[tuple[Mapping[str, object], bytes]]:
        """Each whole message and the bytes that came with it. Raises `ValueError` for what is none."""
        while b"\n" in self._data:
            end = self._data.index(b"\n") + 1
            message = json.loads(bytes(self._data[:end]))
            length = int(message.get("bytes", 0))
            if len(self._data) < end + length:
                return
            answer = bytes(self._data[end : end + length])
            del self._data[: end + length]
            yield message, answer
