"""Files as they come: in other encodings, oddly named, with classes where one does not look. A result or a clear sentence."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import NET

HEAD, CLASS = NET.split("\n\n\n")
INDENTED = "".join(f"    {line}\n" for line in CLASS.splitlines())
SMALL = INDENTED.replace("8192, 8192", "8192, 16")
MACS = 8192 * 8192


def macs(run: Callable, target: str) -> list[int]:
    """Of each model, when all were captured."""
    done = run("graphperf", "analyze", target, "--format", "json")
    assert done.json["errors"] == []
    assert done.code == 0
    return [report["totals"]["macs"] for report in done.json["reports"]]


def said(run: Callable, target: str) -> str:
    """The only line on stderr; the linter says the same, or nothing of what is no model."""
    done = run("graphperf", "analyze", target)
    assert (done.code, done.out) == (1, "")
    (words,) = done.err.splitlines()
    linted = run("graphperf-lint", target, "--output-format", "concise")
    assert linted.out.startswith((words.replace(": GP901", ":1: GP901"), "no findings"))
    return words


READABLE = {
    "latin-1": b"# coding: latin-1\n# \xe9\n" + NET.encode(),
    "mark": b"\xef\xbb\xbf" + NET.encode(),
    "form feed": NET.replace("\n\nclass", "\n\f\nclass").replace("        self.fc", "\f        self.fc"),
    "tabs": NET.replace("    ", "\t"),
    "crlf": NET.replace("\n", "\r\n"),
    "cr": NET.replace("\n", "\r"),
    "beyond the plane": "s = '𐍈\u2028'  # 𐍈\n" + NET,
    "other letters": NET.replace("Net", "Nétø").replace("fc", "層"),
    "long comment": f"# {'x' * 5_000_000}\n{NET}",
    "long string": f"s = '{'x' * 5_000_000}'\n{NET}",
    "many lines": "".join(f"def f{i}(x):\n    return g(x, {i})\n" for i in range(5000)) + NET,
    "deep brackets": f"x = {'[' * 150}{']' * 150}\n{NET}",
    "star": NET.replace("from torch import nn", "from torch.nn import *").replace("nn.", ""),
    "alias": NET.replace("from torch import nn", "import torch.nn as tnn").replace("nn.", "tnn."),
    "function": f"{HEAD}\ndef make():\n{INDENTED}    return Net()\n",
    "metaclass": NET.replace("class Net(nn.Module)", "class M(type): pass\nclass Net(nn.Module, metaclass=M)"),
    "except": f"{HEAD}\ntry:\n    import no_such\n{SMALL}except ImportError:\n{INDENTED}",
    "else": f"{HEAD}\nif torch.cuda.is_available():\n{SMALL}else:\n{INDENTED}",
    "first branch": f"{HEAD}\nif not torch.cuda.is_available():\n{INDENTED}else:\n{SMALL}",
    "twice": NET.replace("8192, 8192", "8192, 16") + "\n\n" + CLASS,
    "dataclass": "from dataclasses import dataclass\n"
    + NET.replace("class Net", "@dataclass(eq=False)\nclass Net").replace(
        "    def __init__", "    width: int = 8192\n\n    def __post_init__"
    ),
}


LARGE = ("long comment", "long string", "many lines")


@pytest.mark.parametrize(
    "source",
    [pytest.param(text, id=name, marks=pytest.mark.slow if name in LARGE else ()) for name, text in READABLE.items()],
)
def test_a_file_that_python_can_run(run: Callable, folder: Path, source: str | bytes) -> None:
    (folder / "odd.py").write_bytes(source if isinstance(source, bytes) else source.encode())
    assert macs(run, "odd.py") == [MACS]


@pytest.mark.parametrize("name", ["my-model.py", "my model.py", "123.py", "class.py", "模型.py", "script"])
def test_names_that_cannot_be_imported(run: Callable, folder: Path, name: str) -> None:
    (folder / name).write_text(NET)
    assert macs(run, name) == [MACS]


@pytest.mark.parametrize("name", ["torch", "types", "random", "collections", "numpy", "json"])
def test_names_of_other_modules(run: Callable, folder: Path, name: str) -> None:
    (folder / f"{name}.py").write_text(NET)
    assert macs(run, f"{name}.py") == [MACS]


@pytest.mark.parametrize("name", ["types", "random", "torch"])
def test_files_next_to_it_with_names_of_other_modules(run: Callable, folder: Path, name: str) -> None:
    (folder / f"{name}.py").write_text("x = 1\n")
    (folder / "user.py").write_text(f"import {name}\n{NET}")
    assert macs(run, "user.py") == [MACS]


def test_circular_imports(run: Callable, folder: Path) -> None:
    (folder / "a.py").write_text(f"import b\n{NET.replace('nn.Linear', 'b.Layer')}")
    (folder / "b.py").write_text("import a\nfrom torch.nn import Linear as Layer\n")
    assert macs(run, "a.py") == [MACS]
    (folder / "c.py").write_text("from d import Base\nclass Net(Base): pass\n")
    (folder / "d.py").write_text(f"from c import Net as Other\n{NET.replace('Net', 'Base')}")
    done = run("graphperf", "analyze", "c.py")  # a result without the name that the circle leaves out, or the reason
    assert done.code == 0 or "GP901 importing the file failed: ImportError: cannot import name" in done.err


def test_a_base_in_the_file_next_to_it(run: Callable, folder: Path) -> None:
    (folder / "child.py").write_text("from model import Net\nclass Child(Net): pass\n")
    assert macs(run, "child.py") == [MACS]


def test_a_link(run: Callable, folder: Path) -> None:
    (folder / "link.py").symlink_to("model.py")
    assert macs(run, "link.py") == [MACS]


SAID = {
    "latin-1": (b"x = 1\n# \xe9\n", "odd.py:2: GP901 cannot be read: byte 0xe9 is not UTF-8"),
    "utf-16": (NET.encode("utf-16"), "odd.py:1: GP901 cannot be read: it is UTF-16"),
    "bytes": (bytes(range(256)), "odd.py:3: GP901 cannot be read: byte 0x80"),
    "codec": (b"# coding: rot13\n", "odd.py:1: GP901 cannot be read: 'rot13' is not a text encoding"),
    "nul": (f"{NET}\0".encode(), "odd.py:12: GP901 syntax error: there is a NUL character"),
    "mixed tabs": (
        NET.replace("        self.fc", "\tself.fc").encode(),
        "odd.py:8: GP901 syntax error: inconsistent use of tabs and spaces",
    ),
    "magic": (f"%matplotlib inline\n{NET}".encode(), "odd.py:1: GP901 syntax error: '%matplotlib inline' is a command"),
    "shell": (f"\n!pip install x\n{NET}".encode(), "odd.py:2: GP901 syntax error: '!pip install x' is a command"),
    "deep": (f"x = {'-' * 100_000}1\n{NET}".encode(), "odd.py:1: GP901 cannot be parsed: an expression"),
    "type checking": (
        f"from typing import TYPE_CHECKING\n{HEAD}\nif TYPE_CHECKING:\n{INDENTED}".encode(),
        "odd.py:5: GP901 importing the file does not define Net: a condition around it does not hold",
    ),
    "gpu": (
        f"{HEAD}\nif torch.cuda.is_available():\n{INDENTED}".encode(),
        "odd.py:4: GP901 importing the file does not define Net",
    ),
    "script": (
        f"{HEAD}\nif __name__ == '__main__':\n{INDENTED}".encode(),
        "odd.py:4: GP901 importing the file does not define Net",
    ),
    "shadowed": (
        b"class nn:\n    class Module: pass\nclass Net(nn.Module):\n    def forward(self, x): return x\n",
        "odd.py:3: GP901 Net is no nn.Module",
    ),
    "no forward": (b"class Net(nn.Module): pass\n", "odd.py:1: GP901 Net has no forward"),
    "empty": (b"", "odd.py: no nn.Module class found"),
}


@pytest.mark.parametrize(("source", "message"), SAID.values(), ids=SAID)
def test_a_file_without_a_result_says_why(run: Callable, folder: Path, source: bytes, message: str) -> None:
    (folder / "odd.py").write_bytes(source)
    assert said(run, "odd.py").startswith(message)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a file that may not be read")
def test_a_file_that_may_not_be_read(run: Callable, folder: Path) -> None:
    (folder / "model.py").chmod(0)
    assert said(run, "model.py") == "model.py:1: GP901 cannot be read: Permission denied"


def test_what_is_no_file(run: Callable, folder: Path) -> None:
    (folder / "loop.py").symlink_to("loop.py")
    (folder / "notes.ipynb").write_text("{}")
    (folder / "folder.py").mkdir()
    for name in ("loop.py", "notes.ipynb", "folder.py", "absent.py"):
        done = run("graphperf", "analyze", name)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"error: {name}")
