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
from .request import Captured, CaptureRequest, Sought, file_request

# Failures that another way to construct the class may mend.
_STAGES = frozenset({"construct", "input", "forward"})
_LEAST_SECONDS = 5.0


class Surroundings:
    """The makers of the classes of one file, and those that turned out not to work."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._hopeless: set[Maker] = set()

    def capture(
        self, request: CaptureRequest, captured: Captured, capturer: Capturer, until: float
    ) -> tuple[CaptureRequest, Captured]:
        """What answers a request that failed so: a request for a model around the class and its graph, or the failure itself.

        `until` is the time, by `time.monotonic()`, at which the request's own time is used up.
        """
        if captured.error is None or captured.error.stage not in _STAGES or not request.guess:
            return request, captured
        for maker, around in self._requests(request):
            left = until - time.monotonic()
            if left < _LEAST_SECONDS:
                break
            found = capturer.capture(replace(around, seconds=left, memory_gb=request.memory_gb))
            if found.graph is not None:
                return around, found
            if found.error is not None and found.error.stage not in ("find", "forward"):
                self._hopeless.add(maker)
        return request, captured

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
