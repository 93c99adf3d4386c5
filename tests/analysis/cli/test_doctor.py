"""`graphperf doctor`: what it prints, and its exit codes."""

import json
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner

from graphperf.analysis.capture import Guarantee
from graphperf.analysis.cli import doctor
from graphperf.analysis.cli.main import main

FOUND = doctor.Examination(
    interpreter="/usr/bin/python3", python="3.12.1", torch="2.9.0", ready_seconds=1.23, platform="Linux 6.8.0 x86_64",
    landlock=4, seccomp=True, guarantees=(Guarantee("files", "no file can be written", True),),
)  # fmt: skip
BROKEN = (Guarantee("files", "no file can be written", False),)


@pytest.fixture
def run(monkeypatch):
    def run(found, *arguments):
        monkeypatch.setattr(doctor, "examine", lambda python: found)
        return CliRunner().invoke(main, ["doctor", *arguments])

    return run


def test_all_is_well(run):
    result = run(FOUND)
    assert result.exit_code == 0
    assert "/usr/bin/python3 (Python 3.12.1)" in result.output
    assert "Linux 6.8.0 x86_64, Landlock 4, seccomp" in result.output
    assert "yes  no file can be written" in result.output


@pytest.mark.parametrize(
    ("found", "note"),
    [
        (replace(FOUND, landlock=0, guarantees=BROKEN), "this kernel has no Landlock"),
        (replace(FOUND, seccomp=False, guarantees=BROKEN), "takes no system call filter"),
        (replace(FOUND, platform="Darwin 24 arm64", landlock=0, seccomp=False, guarantees=BROKEN), "only Linux has"),
        (replace(FOUND, platform="Windows 11 AMD64", landlock=0, seccomp=False, guarantees=()), "not confined here"),
    ],
)
def test_something_is_missing(run, found, note):
    result = run(found)
    assert result.exit_code == 1
    assert note in result.output
    assert json.loads(run(found, "--format", "json").output)["complete"] is False


def test_the_interpreter_cannot_be_used(tmp_path):
    result = CliRunner().invoke(main, ["doctor", "--python", str(tmp_path / "python")])
    assert result.exit_code == 2
    assert "cannot start the interpreter" in result.output


@pytest.mark.slow
def test_this_interpreter():
    result = CliRunner().invoke(main, ["doctor", "--format", "json"])
    record = json.loads(result.output)
    assert record["interpreter"] == sys.executable
    assert {"files", "tcp", "processes", "memory"} <= {guarantee["name"] for guarantee in record["guarantees"]}
    assert result.exit_code == (0 if record["complete"] else 1)
