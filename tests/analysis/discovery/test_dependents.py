"""Which files import others, read from the text."""

from collections.abc import Callable
from pathlib import Path

import pytest

from graphperf.analysis.discovery.dependents import dependents

FILES = {
    "net.py": "x = 1",
    "direct.py": "import net",
    "indirect.py": "from direct import x",
    "inside.py": "def f():\n    from net import x",
    "other.py": "import network, os.net",
    "broken.py": "import net as = 1",
    "pkg/__init__.py": "from .parts import Part",
    "pkg/parts.py": "class Part: pass",
    "pkg/net.py": "from . import parts",
    "pkg/sub/deep.py": "from ..parts import Part",
    "uses_pkg.py": "from pkg import Part",
    "uses_parts.py": "import pkg.parts",
}


@pytest.fixture
def importers(tmp_path: Path) -> Callable[..., list[str]]:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def importers(*names: str) -> list[str]:
        found = dependents([tmp_path / name for name in names], [tmp_path / name for name in FILES])
        return [file.relative_to(tmp_path).as_posix() for file in found]

    return importers


def test_direct_and_indirect(importers: Callable) -> None:
    assert importers("direct.py") == ["indirect.py"]
    assert {"direct.py", "indirect.py", "inside.py"} <= set(importers("net.py"))
    assert not {"net.py", "other.py", "broken.py"} & set(importers("net.py"))
    assert importers("indirect.py") == []


def test_packages(importers: Callable) -> None:
    found = ["pkg/__init__.py", "pkg/net.py", "pkg/sub/deep.py", "uses_pkg.py", "uses_parts.py"]
    assert [name for name in importers("pkg/parts.py") if name in found] == found
    assert {"uses_pkg.py", "uses_parts.py"} <= set(importers("pkg/__init__.py"))


def test_several_at_once(importers: Callable) -> None:
    assert "indirect.py" in importers("direct.py", "net.py")
    assert "direct.py" not in importers("direct.py", "net.py")
    assert importers() == []
