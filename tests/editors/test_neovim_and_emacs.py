"""Neovim and Emacs with their own clients: hints, hover, lens, an edit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import EDITORS, ROOT

HERE = Path(__file__).parent
pytestmark = pytest.mark.editors


def run(command: list[str], server: str, workspace: Path) -> str:
    given = {"SERVER": server, "WORKSPACE": str(workspace), "REPOSITORY": str(ROOT), "HOME": str(workspace.parent)}
    done = subprocess.run(
        command,
        env=os.environ | given,
        capture_output=True,
        text=True,
        timeout=240,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


NEOVIMS = {
    "0.7.2": "nvim",
    "0.10.4": str(EDITORS / "neovim-trixie" / "nvim"),
    "0.12": str(EDITORS / "neovim-forky" / "nvim"),
}


@pytest.mark.parametrize("name", NEOVIMS.values(), ids=NEOVIMS)
def test_neovim(program: Callable[[str], str], server: str, workspace: Path, name: str) -> None:
    """Of Debian 12, 13 and testing, which is driven through `lsp/graphperf.lua`."""
    command = [program(name), "--headless", "-u", "NONE", "-n", "-c", f"luafile {HERE / 'neovim.lua'}"]
    assert "PASS" in run(command, server, workspace)


def test_emacs(program: Callable[[str], str], server: str, workspace: Path) -> None:
    command = [program("emacs"), "--batch", "--load", str(HERE / "eglot.el")]
    assert "PASS" in run(command, server, workspace)
