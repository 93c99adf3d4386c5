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
