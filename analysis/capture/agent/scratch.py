"""Temporary folders: one an agent, in it one a capture, deleted after it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time

_PREFIX = "graphperf-"
_YOUNG_S = 60
_MOST_ENTRIES = 10_000

# Where libraries put what they write while they are imported. What they only read (weights, hub caches) stays in place.
_WRITTEN = (
    "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR", "NUMBA_CACHE_DIR", "TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR",
    "TORCH_EXTENSIONS_DIR", "XDG_RUNTIME_DIR", "YOLO_CONFIG_DIR",
)  # fmt: skip
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "WANDB_DISABLED")


class Scratch:
    """The agent's folder, locked so that another agent can tell that it is in use; deleted at the end of the block."""

    def __init__(self) -> None:
        self.root = tempfile.mkdtemp(prefix=_PREFIX)
        self._lock = _locked(self.root)

    def __enter__(self) -> Scratch:
        _remove_left_over(os.path.dirname(self.root))
        return self

    def __exit__(self, *_: object) -> None:
        remove(self.root)
        if self._lock >= 0:
            os.close(self._lock)

    def new(self) -> str:
        """A new empty folder for one capture. Raises `OSError`."""
        os.makedirs(self.root, 0o700, exist_ok=True)  # something may tidy the temporary folder up
        return tempfile.mkdtemp(dir=self.root)


def remove(folder: str) -> None:
    """Deletes a folder and what is in it, as far as possible."""
    shutil.rmtree(folder, ignore_errors=True)


def use(folder: str) -> None:
    """Has this process and its libraries write to `folder`, and not try to download."""
    os.environ.update(dict.fromkeys(_WRITTEN, folder))
    os.environ.update(dict.fromkeys(_OFFLINE, "1"))
    tempfile.tempdir = None


def bytes_in(folder: str, limit: int) -> int:
    """The size of the files below `folder`; counting stops above `limit`. Very many entries count as too much."""
    total = entries = 0
    for base, folders, files in os.walk(folder):
        entries += len(folders) + len(files)
        if entries > _MOST_ENTRIES:
            return limit + 1
        for name in files:
            try:
                total += os.lstat(os.path.join(base, name)).st_size
            except OSError:
                continue
            if total > limit:
                return total
    return total


def _locked(folder: str) -> int:
    """A descriptor that holds the lock of `folder`, or -1."""
    try:
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        return -1
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return -1
    return descriptor


def _remove_left_over(parent: str) -> None:
    """Deletes folders of agents that were killed: nobody holds their lock."""
    for entry in os.scandir(parent):
        try:
            if not entry.name.startswith(_PREFIX) or not entry.is_dir(follow_symlinks=False):
                continue
            status = entry.stat(follow_symlinks=False)
            if status.st_uid != os.getuid() or time.time() - status.st_mtime < _YOUNG_S:
                continue
        except (AttributeError, OSError):  # no users on Windows
            continue
        lock = _locked(entry.path)
        if lock >= 0:
            remove(entry.path)
            os.close(lock)
