"""What was found in files, kept on disk: a file that nothing has changed about is answered without the engine.

The key is the file's text, the question, the projects' settings and graphperf's own code. An entry lists the files and folders
that its captures depended on, and holds while none of them has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs

from ..discovery.project import FILE, project
from ..store import Dependency, Store, import_variables, state_of
from .checked import Checked, from_json, to_json

_CODE = Path(__file__).parents[2]


class Remembered:
    """Results by file, for one question; with `fresh` nothing is looked up."""

    def __init__(self, asked: Mapping[str, Any], beside: Sequence[Path], *, fresh: bool = False) -> None:
        self._store = Store(Path(platformdirs.user_cache_dir("graphperf")) / "findings.sqlite3")
        place = [os.getcwd(), sys.executable, sorted(import_variables().items()), _own_code()]
        self._question = json.dumps([asked, place, [_content(path) for path in beside]], sort_keys=True, default=str)
        self._fresh = fresh
        self._known: dict[str, Dependency | None] = {}
        self._projects: dict[Path, str] = {}
        self._asked: dict[Path, str] = {}

    def get(self, file: Path) -> Checked | None:
        """What was found, if it still holds."""
        self._asked[file] = self._key(file)
        data = None if self._fresh else self._store.get(self._asked[file])
        if data is None:
            return None
        try:
            dependencies, _, checked = data.decode().partition("\n")
            if all(self._state(path) == (path, *rest) for path, *rest in json.loads(dependencies)):
                return from_json(checked)
        except (ValueError, KeyError, TypeError):
            pass
        return None

    def put(self, file: Path, checked: Checked, dependencies: Iterable[Dependency]) -> None:
        """Keeps what was found, unless the file has changed since it was looked up: then it is not known of which text."""
        key = self._key(file)
        if self._asked.get(file) != key:
            return
        listed = json.dumps(sorted(set(dependencies)), separators=(",", ":"))
        self._store.put(key, f"{listed}\n{to_json(checked)}".encode())

    def close(self) -> None:
        """Closes the file."""
        self._store.close()

    def _key(self, file: Path) -> str:
        return hashlib.sha256(f"{self._question}\0{self._project(file)}\0{file}\0{_content(file)}".encode()).hexdigest()

    def _project(self, file: Path) -> str:
        """The content of the project file that says how the file's models are made."""
        if file.parent not in self._projects:
            self._projects[file.parent] = _content(project(file)[0] / FILE)
        return self._projects[file.parent]

    def _state(self, path: str) -> Dependency | None:
        if path not in self._known:
            self._known[path] = state_of(path)
        return self._known[path]


def _content(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


@cache
def _own_code() -> str:
    """A fingerprint of the code and the data that findings come from, and of the user's own devices."""
    folders = [_CODE / "analysis", _CODE / "hardware_profiles", Path(platformdirs.user_config_dir("graphperf"))]
    digest = hashlib.sha256()
    for folder in folders:
        for place, below, names in os.walk(folder):
            below[:] = [name for name in sorted(below) if name not in ("__pycache__", "measurements")]
            for name in sorted(names):
                status = os.stat(os.path.join(place, name))
                digest.update(f"{name} {status.st_mtime_ns} {status.st_size}\n".encode())
    return digest.hexdigest()
