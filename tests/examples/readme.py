"""The outputs in `examples/README.md` and the notebook. `python -m tests.examples.readme` writes them anew."""

from __future__ import annotations

import io
import os
import re
import runpy
import shlex
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from unittest.mock import patch

from click.testing import CliRunner

from graphperf.analysis.cli import main as command_line

from . import notebook

ROOT = Path(__file__).parents[2]
README = ROOT / "examples" / "README.md"
_SESSION = re.compile(r"(?<=```console\n)\$ (.+)\n((?:.*\n)*?)(?=```)")


def sessions(text: str) -> dict[str, str]:
    """The output of each command line."""
    return {found[1]: found[2] for found in _SESSION.finditer(text)}


def with_outputs(text: str, output: Callable[[str], str]) -> str:
    """`text` with `output(command)` below each command line."""
    return _SESSION.sub(lambda found: f"$ {found[1]}\n{output(found[1])}", text)


def output_now(command: str) -> str:
    """What `graphperf ...` or `python SCRIPT` prints in this folder, without the empty lines at its end."""
    program, *words = shlex.split(command)
    if program == "python":
        printed = io.StringIO()
        with redirect_stdout(printed), patch.object(sys, "argv", words):
            runpy.run_path(words[0], run_name="__main__")
        return printed.getvalue().rstrip("\n") + "\n"
    assert program == "graphperf"
    result = CliRunner().invoke(command_line.main, words)
    assert result.exit_code == 0, result.output
    return result.stdout.rstrip("\n") + "\n"


def main() -> None:
    """Runs every command and the notebook, and writes what they print."""
    os.chdir(ROOT)
    README.write_text(with_outputs(README.read_text("utf-8"), output_now), "utf-8")
    notebook.write()


if __name__ == "__main__":
    main()
