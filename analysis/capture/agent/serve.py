"""The agent: imports torch once, says so, and serves captures on stdin and stdout (see `loop`).

Where there is no fork, a capture runs in the agent's own process, which the host replaces after it.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import TYPE_CHECKING

from . import imported, wire

if TYPE_CHECKING:
    from .capture import Capturer
    from .scratch import Scratch


def main() -> None:
    """Serves until stdin closes."""
    end = os._exit
    requests, answers = _private_streams()
    wire.write(answers, b"\n")  # the interpreter may have printed without ending the line
    try:
        import torch
    except BaseException as error:  # whatever importing torch raises is the answer
        _refuse(answers, "torch cannot be imported", error)
        return
    try:
        from .capture import Capturer
        from .confine import mechanisms
        from .scratch import Scratch
        from .warm_up import warm_up

        torch.set_num_threads(1)
        capturer = Capturer()
        warm_up(capturer)
    except Exception as error:  # a part of torch is not as it is known here
        version = getattr(torch, "__version__", "of no version")
        _refuse(answers, f"torch {version} cannot be used, 2.1 is the oldest that is tested", error)
        return
    imported.remember_start()
    with Scratch() as scratch:
        versions = {"torch": torch.__version__, "python": sys.version.split()[0]}
        wire.write_line(answers, {"ready": True, **versions, "scratch": scratch.root, "mechanisms": mechanisms()})
        gc.freeze()
        if hasattr(os, "fork"):
            from .branches import Branches
            from .loop import Loop

            Loop(requests, answers, scratch, capturer, Branches(scratch, capturer)).run()
        else:
            _serve_one(requests, answers, scratch, capturer)
    end(0)  # torch's own tear-down takes long and may print


def _refuse(answers: int, what: str, error: BaseException) -> None:
    """Says why nothing can be captured here."""
    wire.write_line(answers, {"ready": False, "message": f"{what} ({type(error).__name__}: {error})"})


def _private_streams() -> tuple[int, int]:
    """Moves the protocol to descriptors of its own; what user code prints goes to stderr, what it reads is empty."""
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return requests, answers


def _serve_one(requests: int, answers: int, scratch: Scratch, capturer: Capturer) -> None:
    """Where there is no fork: one capture in this process, guarded but not confined."""
    from . import guards
    from .child import answer_to
    from .scratch import use

    with os.fdopen(requests, "rb") as lines:
        for line in lines:
            request = json.loads(line)
            if request["op"] == "probe":
                wire.write_answer(answers, request["id"], json.dumps({"probe": []}).encode())
            elif request["op"] == "capture":
                folder = scratch.new()
                use(folder)
                guards.install(scratch.root)
                wire.write_answer(answers, request["id"], answer_to(request, capturer))
                return
