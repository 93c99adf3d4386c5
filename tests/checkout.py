"""Copies of this working tree, for what is tried on a clone of the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Nobody's settings, and somebody's name.
GIT = {
    "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "init.defaultBranch", "GIT_CONFIG_VALUE_0": "main",
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "reader", "GIT_AUTHOR_EMAIL": "reader@example.org",
    "GIT_COMMITTER_NAME": "reader", "GIT_COMMITTER_EMAIL": "reader@example.org",
}  # fmt: skip


def clone(folder: Path) -> None:
    """A repository with the files of this working tree, as they are now, as its only commit."""
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    commit(folder)


def commit(folder: Path) -> None:
    """Everything in a folder as its first commit."""
    for command in (["init", "--quiet"], ["add", "-A"], ["commit", "--quiet", "--no-verify", "-m", "first"]):
        subprocess.run(["git", *command], cwd=folder, env={**os.environ, **GIT}, check=True)
