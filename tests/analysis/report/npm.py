"""Packages from npm that tests of reports use as tools."""

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest


def unpacked(request: pytest.FixtureRequest, package: str, name: str, file: str) -> Path:
    """The folder of a package that holds `file`, fetched once into pytest's cache; skips where it cannot be."""
    folder = request.config.cache.mkdir(name) / "package"
    if not (folder / file).exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"needs npm to fetch {package}")
        done = subprocess.run([npm, "pack", package], cwd=folder.parent, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"npm pack failed: {done.stderr[-200:]}")
        archive = folder.parent / done.stdout.split()[-1]
        with tarfile.open(archive) as packed:
            packed.extractall(folder.parent, filter="data")
        archive.unlink()
    return folder
