"""The loop of the probe: a JSON line in, a JSON line out. What user code prints goes to stderr, so that answers stay whole."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any

import torch

from . import machine, models, operators


def main() -> None:
    """Says what this machine is, then answers until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    device, threads = "cpu", 0
    for line in requests:
        request = json.loads(line)
        try:
            if request["op"] == "hello":
                device, threads = request["device"], request["threads"]
                answer = _hello(device, threads)
            elif request["op"] == "model":
                answer = models.measure(request, device)
            else:
                answer = operators.measure(request, device)
        except BaseException as error:  # the user's code may raise anything; the next request may work
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _hello(device: str, threads: int) -> dict[str, Any]:
    if threads:
        torch.set_num_threads(threads)
    if device == "cuda" and not torch.cuda.is_available():
        return {"error": "torch sees no CUDA device here"}
    return {**machine.description(device), "python": sys.version.split()[0]}
