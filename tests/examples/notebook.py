"""The notebook in `examples/`, run without a Jupyter server: its code cells in order, in one namespace.

`python -m tests.examples.notebook` writes what they print.
"""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parents[2] / "examples" / "quick_start.ipynb"


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells that run."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def shown(cell: dict[str, Any]) -> str:
    """What the notebook shows below a cell."""
    return "".join(line for output in cell["outputs"] for line in output["text"])


def run(notebook: dict[str, Any]) -> list[str]:
    """What each code cell prints in this folder."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed: list[str] = []
    for number, cell in enumerate(code_cells(notebook), 1):
        stream = io.StringIO()
        with redirect_stdout(stream):
            exec(compile("".join(cell["source"]), f"{NOTEBOOK.name}, cell {number}", "exec"), namespace)
        printed.append(stream.getvalue())
    return printed


def write() -> None:
    """Runs the notebook in its folder and writes what its cells print."""
    os.chdir(NOTEBOOK.parent)
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    for number, (cell, text) in enumerate(zip(code_cells(notebook), run(notebook), strict=True), 1):
        stream = {"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}
        cell |= {"execution_count": number, "outputs": [stream] if text else []}
    NOTEBOOK.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    write()
