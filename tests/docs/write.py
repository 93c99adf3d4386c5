"""Writes what pages show that their commands print: `make outputs`, or `python -m tests.docs.write [PAGE...]`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .blocks import PAGES, Block, steps
from .outputs import renewed
from .run import BlockFailed, run


def with_outputs(page: str, outputs: Mapping[Block, str]) -> str:
    """`page` with these texts in its blocks."""
    lines = page.splitlines(keepends=True)
    for block in sorted(outputs, key=lambda block: -block.first):
        fence = lines[block.first]
        indent = fence[: len(fence) - len(fence.lstrip())]
        lines[block.first + 1 : block.last] = [
            f"{indent}{line}".rstrip() + "\n" for line in outputs[block].splitlines()
        ]
    return "".join(lines)


def main() -> None:
    """Runs the pages that are named, else all, and writes them."""
    failed = False
    for file in [Path(name) for name in sys.argv[1:]] or PAGES:
        page, outputs = file.read_text("utf-8"), dict[Block, str]()
        if not any(step.shown for step in steps(page)):
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                for step, printed in run(steps(page), Path(folder)):
                    if step.shown is not None:
                        outputs[step.shown] = renewed(step.shown.text, printed)
            except BlockFailed as error:
                failed = True
                print(f"{file}: {error}", file=sys.stderr)
        file.write_text(with_outputs(page, outputs), "utf-8")
    sys.exit(failed)


if __name__ == "__main__":
    main()
