"""A small capture ahead of the first one: what PyTorch loads on first use is loaded, and the memory it touches is in place.

A fork shares its parent's memory until one of them writes to it; each page then costs a copy. Python writes to every
object that it uses, so a process that has captured once is a third faster the next time.
"""

from __future__ import annotations

import linecache
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .capture import Capturer, Request

_FILE = os.path.abspath(os.path.join(os.sep, "graphperf-warm-up", "model.py"))  # there is no such file
_MODEL = """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.act(x + self.norm(self.conv(x)))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.MaxPool2d(2))
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.norm, self.head = nn.LayerNorm(4), nn.Linear(4, 4)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        x = self.norm(torch.flatten(x, 2).transpose(1, 2))
        x = x + self.attention(x, x, x)[0]
        return torch.softmax(self.head(x.mean(1)) * 2, 1)
"""


def warm_up(capturer: Capturer) -> None:
    """Captures a model and leaves nothing of it."""
    modules, paths = set(sys.modules), list(sys.path)
    request: Request = {
        "id": 0, "op": "capture", "file": _FILE, "text": _MODEL, "module": None, "paths": [], "needed": ["Net", "Block"],
        "candidates": [{"expression": "Net()", "origin": ""}], "inputs": [], "inputs_origin": "", "hints": [], "batch": None,
        "seconds": 60.0, "memory_gb": 8.0, "wanted": "Net", "guess": True, "root": True, "imports": [], "sought": None,
        "channels_last": False,
    }  # fmt: skip
    answer = capturer.capture(request)
    assert "graph" in answer, answer
    capturer.forget()
    sys.path[:] = paths
    linecache.cache.pop(_FILE, None)
    for name in set(sys.modules) - modules:
        if getattr(sys.modules[name], "__file__", None) == _FILE:
            del sys.modules[name]
