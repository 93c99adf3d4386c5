"""The commands, run in this process with the session's agents, in an empty folder."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from graphperf.analysis.capture import AgentPool
from graphperf.analysis.cli import grid, lint, main, measure, report
from graphperf.analysis.lint import run as lint_run

NET = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8192, 8192)

    def forward(self, x):
        return self.fc(x)
"""


@dataclass
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class _Shared:
    """In place of a pool of one's own: the session's, which stays open."""

    def __init__(self, pool: AgentPool) -> None:
        self._pool = pool

    def __call__(self) -> "_Shared":
        return self

    def __enter__(self) -> AgentPool:
        return self._pool

    def __exit__(self, *_: object) -> None:
        pass


class _Open:
    """The session's pool, which its users do not close."""

    def __init__(self, pool: AgentPool) -> None:
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(NET)
    (tmp_path / "no_model.py").write_text("def make():\n    return 1\n")
    (tmp_path / "broken.py").write_text("x = 1\nclass Net(\n    y = = 2\n")
    (tmp_path / "bad_import.py").write_text(NET.replace("from torch import nn", "from no_such_package import nn"))
    (tmp_path / "bad_forward.py").write_text(NET.replace("return self.fc(x)", "return self.fc(x) @ torch.ones(3, 3)"))
    (tmp_path / "bad_init.py").write_text(NET.replace("        self.fc", "        1 / 0\n        self.fc"))
    (tmp_path / "latin.py").write_bytes(b"x = '\xe9'\n")
    return tmp_path


@pytest.fixture
def run(pool: AgentPool, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    monkeypatch.setattr(main, "AgentPool", _Shared(pool))
    monkeypatch.setattr(lint_run, "agents", lambda _: nullcontext(_Open(pool)))
    monkeypatch.setattr(grid, "AgentPool", _Shared(pool))
    monkeypatch.setattr(measure, "AgentPool", _Shared(pool))
    monkeypatch.setattr(report, "AgentPool", _Shared(pool))

    def run(command: str, *arguments: str) -> Done:
        program = {"graphperf": main.main, "graphperf-lint": lint.main}[command]
        result = CliRunner().invoke(program, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return Done(result.exit_code, result.stdout, result.stderr)

    return run
