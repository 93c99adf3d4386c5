"""The outputs in `examples/README.md`. `python -m tests.examples.readme` writes them anew."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from graphperf.analysis.cli import main as command_line

ROOT = Path(__file__).parents[2]
README = ROOT / "examples" / "README.md"
_SESSION = re.compile(r"(?<=```console\n)\$ graphperf (.+)\n((?:.*\n)*?)(?=```)")


def sessions(text: str) -> dict[str, str]:
    """The output of each command, by its arguments."""
    return {found[1]: found[2] for found in _SESSION.finditer(text)}


def with_outputs(text: str, output: Callable[[str], str]) -> str:
    """`text` with `output(arguments)` below each command."""
    return _SESSION.sub(lambda found: f"$ graphperf {found[1]}\n{output(found[1])}", text)


def output_now(arguments: str) -> str:
    """What `graphperf` prints in this folder, without the empty lines at its end."""
    result = CliRunner().invoke(command_line.main, shlex.split(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout.rstrip("\n") + "\n"


def main() -> None:
    """Runs every command and writes what it prints."""
    os.chdir(ROOT)
    README.write_text(with_outputs(README.read_text("utf-8"), output_now), "utf-8")


if __name__ == "__main__":
    main()
