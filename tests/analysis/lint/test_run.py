"""A run over files: what is started, and when."""

from collections.abc import Callable
from pathlib import Path

import pytest

from graphperf.analysis.capture import AgentPool
from graphperf.analysis.discovery import UsageError
from graphperf.analysis.lint.checked import Checked
from graphperf.analysis.lint.remembered import Remembered
from graphperf.analysis.lint.run import check_files
from graphperf.analysis.lint.settings import LintSettings
from graphperf.analysis.settings import Options

FILE = Path("net.py")
KNOWN = Checked("net.py", (), (), whole=True)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The interpreters that have been told to import torch."""
    found: list[str] = []
    monkeypatch.setattr(AgentPool, "start_ahead", lambda self, python: found.append(python))
    return found


class Says(Remembered):
    """The same of every file."""

    def __init__(self, known: Checked | None) -> None:
        self._answer = known

    def get(self, file: Path) -> Checked | None:
        return self._answer


def check(known: Checked | None, interpreter: str | None, options: Callable[[], Options]) -> list[Checked]:
    return check_files([FILE], Says(known), options, LintSettings(), interpreter=interpreter)


def test_the_interpreter_starts_before_the_engine_is_loaded(started):
    def options() -> Options:
        assert started == ["python3"]
        raise UsageError("enough")

    with pytest.raises(UsageError, match="enough"):
        check(None, "python3", options)


def test_nothing_starts_where_no_code_runs(started):
    def options() -> Options:
        raise UsageError("enough")

    with pytest.raises(UsageError, match="enough"):
        check(None, None, options)
    assert not started


def test_nothing_starts_for_files_that_are_known(started):
    def options() -> Options:
        raise AssertionError("the engine is not needed")

    assert check(KNOWN, "python3", options) == [KNOWN]
    assert not started
