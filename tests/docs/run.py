"""Runs the blocks of a page as its reader would, in a folder of its own."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..checkout import GIT, clone
from .blocks import ROOT, Block, Step
from .wheels import pip_settings

_INSTALLS = re.compile(r"\b(pip|make)\b")
_OWN = {"_", "SHLVL", "PWD", "OLDPWD"}  # of each shell


class BlockFailed(Exception):
    """A block did not end as it should: at which line, and what it wrote."""


def run(steps: list[Step], folder: Path) -> Iterator[tuple[Step, str]]:
    """Each block that is run, with what it printed. Raises `BlockFailed`."""
    project, repository = folder / "project", folder / "graphperf"
    shutil.copytree(ROOT / "examples", project / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    if clones(steps):
        clone(repository)
    environment = _environment(folder)
    if any(step.block.runs and _INSTALLS.search(step.block.text) for step in steps):
        environment |= pip_settings(folder / "wheels")
    for step in steps:
        place = repository if step.block.cloned else project
        if not step.block.runs:
            file = place / str(step.block.title)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step.block.text, "utf-8")
        elif step.block.needs is None or _succeeds(step.block.needs, environment):
            printed, exported = _printed(step.block, place, environment, folder / ".environment")
            environment |= exported
            yield step, printed


def clones(steps: list[Step]) -> bool:
    """Whether a page works with a clone of the repository, which only a checkout has."""
    return any(step.block.cloned or "../graphperf" in step.block.text for step in steps)


def _succeeds(command: str, environment: Mapping[str, str]) -> bool:
    return subprocess.run(["bash", "-c", command], env=environment, capture_output=True, check=False).returncode == 0


def _printed(block: Block, place: Path, environment: Mapping[str, str], after: Path) -> tuple[str, dict[str, str]]:
    """What a block prints, and what it exports, which goes by the file `after`."""
    given = {**environment, **block.variables}
    if block.cloned:
        given.pop("PYTHONPATH", None)  # what is installed there is what is tried
    command, script = ["python", "-"], block.text
    if block.language == "sh":
        command, script = ["bash", "-e"], f"trap 'env -0 >{shlex.quote(str(after))}' EXIT\n{block.text}"
    ended = subprocess.run(
        command, input=script, capture_output=True, text=True, encoding="utf-8", cwd=place, env=given, check=False
    )
    if ended.returncode != block.status:
        at = f"line {block.first + 1}: exit status {ended.returncode}"
        raise BlockFailed(f"{at}\n{block.text}\n{ended.stdout}\n{ended.stderr}")
    if block.language != "sh":
        return ended.stdout, {}
    pairs = (pair.partition("=") for pair in after.read_text("utf-8").split("\0") if pair)
    return ended.stdout, {k: v for k, _, v in pairs if k not in _OWN and given.get(k) != v}


def _environment(folder: Path) -> dict[str, str]:
    """That of this process, with its programs first and without the settings and devices of its user."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    settings = str(folder / ".config")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {**kept, **GIT, "PATH": path, "XDG_CONFIG_HOME": settings, "PYTHONIOENCODING": "utf-8"}
