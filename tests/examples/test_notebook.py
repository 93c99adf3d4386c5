"""The notebook: it runs, and shows what it prints."""

import json
from contextlib import nullcontext

import pytest

from graphperf.analysis import api
from graphperf.analysis.capture import AgentPool

from .notebook import NOTEBOOK, code_cells, run, shown


def test_the_notebook_shows_what_it_prints(pool: AgentPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(NOTEBOOK.parent)
    monkeypatch.setattr(api, "AgentPool", lambda: nullcontext(pool))
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    assert run(notebook) == [shown(cell) for cell in code_cells(notebook)], "if it should differ: make outputs"
    assert [cell["execution_count"] for cell in code_cells(notebook)] == [1, 2, 3, 4]
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
