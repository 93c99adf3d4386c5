from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lsprotocol import types

from graphperf.server import watched_files
from graphperf.server.sessions import DEBOUNCE_S


@pytest.mark.parametrize(
    ("names", "done"),
    [
        (["open.py"], []),
        (["other.py"], ["analysed"]),
        (["open.py", "other.py"], ["analysed"]),
        (["pyproject.toml"], ["read", "analysed"]),
        (["pyproject.toml", "other.py"], ["read", "analysed"]),
    ],
)
def test_what_changes_leads_to(names, done, monkeypatch):
    found: list[str] = []

    def restart(delay: float) -> None:
        assert delay == DEBOUNCE_S
        found.append("analysed")

    monkeypatch.setattr(watched_files, "use_settings", lambda _: found.append("read"))
    opened = Path("/w/open.py").as_uri()
    server: Any = SimpleNamespace(
        sessions=SimpleNamespace(get=lambda uri: "session" if uri == opened else None, restart=restart)
    )
    changes = [types.FileEvent(Path("/w", name).as_uri(), types.FileChangeType.Changed) for name in names]
    watched_files.did_change(server, types.DidChangeWatchedFilesParams(changes))
    assert found == done
