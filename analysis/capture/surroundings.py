"""What cannot be captured alone is captured as the code around it makes it: a class of another file, a function."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from ..discovery import configured, discover
from ..discovery.calls import Candidate
from ..discovery.imports import imports_of
from ..syntax import parse
from .agent.nearby import text_of
from .around import Maker, Repository
from .capturers import Capturer
from .request import Captured, CaptureError, CaptureRequest, Sought, file_request

# The stages of failures that another way to construct the class may mend.
MENDED = frozenset({"construct", "input", "forward"})
# A class has this part of a capture's time, and all those of a file have the time of one together.
_PART = 0.5
_LEAST_SECONDS = 5.0


class Surroundings:
    """Captures classes of one file as the code around them makes them."""

    def __init__(self, repository: Repository, capturer: Capturer, seconds: float) -> None:
        self._repository, self._capturer, self._seconds = repository, capturer, seconds
        self._until: float | None = None
        self._hopeless: set[Maker] = set()

    def capture(self, request: CaptureRequest) -> Captured:
        """The part of a model of other code that is the class which is asked for; its request is in the answer. A request that
        says whose part it is is captured as it stands."""
        if request.sought is not None:
            return self._capturer.capture(request)
        now = time.monotonic()
        self._until = now + self._seconds if self._until is None else self._until
        until = min(self._until, now + _PART * self._seconds)
        for maker, around in self._requests(request) if request.guess else ():
            left = until - time.monotonic()
            if left < _LEAST_SECONDS:
                break
            found = self._capturer.capture(replace(around, seconds=left, memory_gb=request.memory_gb))
            if found.graph is not None:
                return replace(found, asked=around)
            if found.error is not None and found.error.stage not in ("find", "forward"):
                self._hopeless.add(maker)
        return Captured(error=CaptureError("find", f"no other code makes {request.wanted}"))

    def _requests(self, request: CaptureRequest) -> Iterator[tuple[Maker, CaptureRequest]]:
        sought = Sought(str(request.file), request.text or "", request.wanted, request.inputs, request.inputs_origin)
        for maker in self._repository.makers(request.wanted):
            if maker not in self._hopeless:
                yield from ((maker, replace(found, sought=sought)) for found in _request(maker, request))


def _request(maker: Maker, request: CaptureRequest) -> Iterator[CaptureRequest]:
    file, text = str(maker.file), text_of(str(maker.file))
    if maker.is_function:
        called = (Candidate(maker.call, maker.call),) if maker.call else ()
        yield CaptureRequest(
            called,
            file,
            text,
            batch=request.batch,
            wanted=maker.name,
            guess=not called,
            imports=imports_of(parse(text)),
        )
    for model in () if maker.is_function else discover(text, maker.file).classes:
        if model.name == maker.name:
            yield file_request(maker.file, text, configured(model, maker.file), (), "", request.batch)
