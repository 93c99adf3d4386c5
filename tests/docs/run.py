"""Runs the blocks of a page as its reader would, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .blocks import ROOT, Block, Step

# A page may commit to a repository of its own.
_GIT = {
    "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "init.defaultBranch", "GIT_CONFIG_VALUE_0": "main",
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "reader", "GIT_AUTHOR_EMAIL": "reader@example.org",
    "GIT_COMMITTER_NAME": "reader", "GIT_COMMITTER_EMAIL": "reader@example.org",
}  # fmt: skip


class BlockFailed(Exception):
    """A block did not end as it should: at which line, and what it wrote."""


def run(steps: list[Step], folder: Path) -> Iterator[tuple[Step, str]]:
    """Each block that is run, with what it printed. Raises `BlockFailed`."""
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    for step in steps:
        if step.block.runs:
            yield step, _printed(step.block, folder)
        else:
            file = folder / str(step.block.title)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step.block.text, "utf-8")


def _printed(block: Block, folder: Path) -> str:
    command = ["bash", "-e"] if block.language == "sh" else [sys.executable, "-"]
    ended = subprocess.run(
        command,
        input=block.text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=_environment(folder),
    )
    if ended.returncode != block.status:
        at = f"line {block.first + 1}: exit status {ended.returncode}"
        raise BlockFailed(f"{at}\n{block.text}\n{ended.stdout}\n{ended.stderr}")
    return ended.stdout


def _environment(folder: Path) -> dict[str, str]:
    """That of this process, with its programs first and without the settings and devices of its user."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    settings = str(folder / ".config")
    return {**os.environ, **_GIT, "PATH": path, "XDG_CONFIG_HOME": settings, "PYTHONIOENCODING": "utf-8"}
