"""An on-disk store of bytes by key: bounded, safe with several processes, and never a reason to fail.

SQLite in write-ahead mode. A store that cannot be opened, read or written behaves as an empty one; a damaged file is
removed and made anew.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Mapping
from pathlib import Path

import platformdirs

DEFAULT_BYTES = 256 * 1024 * 1024
_BUSY_SECONDS = 2.0
_TABLE = "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, used REAL, size INTEGER, data BLOB)"


class Store:
    """Values by key, oldest use out first once `most_bytes` are exceeded."""

    def __init__(self, path: Path | None = None, most_bytes: int = DEFAULT_BYTES) -> None:
        self._path = path or Path(platformdirs.user_cache_dir("graphperf")) / "captures.sqlite3"
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def get(self, key: str) -> bytes | None:
        """The value of `key`, or None."""
        with self._lock:
            try:
                connection = self._open()
                row = connection.execute("SELECT data FROM entries WHERE key = ?", (key,)).fetchone()
                if row is None:
                    return None
                connection.execute("UPDATE entries SET used = ? WHERE key = ?", (time.time(), key))
                return zlib.decompress(row[0])
            except (sqlite3.Error, OSError, zlib.error) as error:
                self._recover(error)
                return None

    def put(self, key: str, value: bytes) -> None:
        """Stores `value`; one larger than a quarter of the store is not kept."""
        data = zlib.compress(value, 1)
        if len(data) > self._most_bytes // 4:
            return
        with self._lock:
            try:
                connection = self._open()
                row = (key, time.time(), len(data), data)
                connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", row)
                self._shrink(connection)
            except (sqlite3.Error, OSError) as error:
                self._recover(error)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._drop_connection()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection = connection
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute(_TABLE)
        return self._connection

    def _shrink(self, connection: sqlite3.Connection) -> None:
        total: int = connection.execute("SELECT COALESCE(SUM(size), 0) FROM entries").fetchone()[0]
        while total > self._most_bytes:
            oldest = connection.execute("SELECT key, size FROM entries ORDER BY used LIMIT 1").fetchone()
            connection.execute("DELETE FROM entries WHERE key = ?", (oldest[0],))
            total -= oldest[1]

    def _recover(self, error: Exception) -> None:
        """Forgets the connection; a file that is no database any more is removed."""
        self._drop_connection()
        damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        if damaged or isinstance(error, zlib.error):
            for suffix in ("", "-wal", "-shm"):
                with contextlib.suppress(OSError):
                    Path(f"{self._path}{suffix}").unlink(missing_ok=True)

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Asks for write-ahead mode until it is granted: SQLite refuses at once, without its time to wait, when several
    processes ask for it on a new file (https://sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY")."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(_BUSY_SECONDS / 1000)


# A file or folder that an entry depends on: its path, its time of change in nanoseconds, its size.
Dependency = tuple[str, int, int]


def state_of(path: str) -> Dependency | None:
    """A file or folder as it is now; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return path, status.st_mtime_ns, status.st_size


def import_variables() -> Mapping[str, str]:
    """Variables of the environment that change what an interpreter imports."""
    return {name: os.environ[name] for name in ("PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX") if name in os.environ}
