"""The probe: a process of the user's own interpreter that runs what it is told, one request after the other."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

_HERE = Path(__file__).parent
_BOOTSTRAP = _HERE / "probe" / "bootstrap.py"
_AGENT = _HERE.parent / "capture" / "agent"
_GRACE_S = 300.0  # for construction, compilation and the first run, which no limit on the timing covers


class ProbeFailed(RuntimeError):
    """The process cannot be started, ended, did not answer, or answered with an error."""


class Asked(Protocol):
    """Whoever answers requests."""

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer. Raises `ProbeFailed`."""
        ...

    def close(self) -> None:
        """Ends the process; the next request starts another."""
        ...


class Probe:
    """One process, started when it is first asked and again after it has died. `machine` is what it says of itself;
    `environment` is added to this process's."""

    def __init__(
        self, device: str, python: str | None = None, threads: int = 0, environment: Mapping[str, str] | None = None
    ) -> None:
        self._device, self._python, self._threads = device, python or sys.executable, threads
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    def machine(self) -> dict[str, Any]:
        """Name, versions, cores and caches of the device. Raises `ProbeFailed`."""
        return self._exchange({"op": "hello", "device": self._device, "threads": self._threads}, _GRACE_S)

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request. Raises `ProbeFailed`."""
        if self._process is None:
            self.machine()
        return self._exchange(request, _GRACE_S + 10 * float(request.get("seconds", 0)))

    def close(self) -> None:
        """Ends the process; the next request starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> Probe:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _exchange(self, request: Mapping[str, Any], limit: float) -> dict[str, Any]:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        if not select.select([process.stdout], [], [], limit)[0]:
            self.close()
            raise ProbeFailed(f"no answer within {limit:.0f} s")
        line = process.stdout.readline()
        if not line:
            self.close()
            raise ProbeFailed(f"the interpreter {self._python} ended; does it have torch, and memory enough?")
        answer = json.loads(line)
        if "error" in answer:
            raise ProbeFailed(answer["error"])
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = [self._python, str(_BOOTSTRAP), str(_AGENT)]
            environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **self._environment}
            if self._threads:
                environment |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(self._threads))
            try:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
                )
            except OSError as error:
                raise ProbeFailed(f"cannot start the interpreter {self._python}: {error.strerror or error}") from error
        return self._process
