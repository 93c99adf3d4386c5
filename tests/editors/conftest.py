"""Workspaces, and real editors that are driven without a screen."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EDITORS = ROOT / ".cache" / "editors"
MODEL = '''"""A small convolutional network."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3)
        self.conv2 = nn.Conv2d(64, 128, 3, 2, 1)
        self.fc = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        return self.fc(x.mean((2, 3)))
'''
ATTENTION = '''"""Attention, written out."""

import torch
from torch import nn


# graphperf: input=(2, 197, 384)
class Attention(nn.Module):
    def __init__(self, dim: int = 384, heads: int = 6) -> None:
        super().__init__()
        self.heads = heads
        self.scale = (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, dim * 3)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, N, C = x.shape
        q, k, v = self.qkv(x).reshape(B, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        attn = (q @ k.transpose(-2, -1)) * self.scale
        attn = attn.softmax(dim=-1)
        x = (attn @ v).transpose(1, 2).reshape(B, N, C)
        return self.proj(x)
'''


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with one model."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "model.py").write_text(MODEL)
    return folder


@pytest.fixture
def server() -> str:
    """The command of the server that is tested."""
    return str(Path(sys.executable).with_name("graphperf-server"))


@pytest.fixture
def program() -> Callable[[str], str]:
    """The path of an installed program; skips the test where there is none."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{name} is not installed: run tests/editors/install.sh")
        return path

    return find
