"""Which packages are imported ahead of a file's captures."""

import sys
from pathlib import Path

from graphperf.analysis.capture.agent.packages import ahead
from graphperf.analysis.discovery import discover


def _ahead(folder: Path, **changes):
    request = {"file": str(folder / "net.py"), "paths": [], "imports": [["torchvision", ["models"]], ["os", []]]}
    return ahead({**request, **changes})


def test_only_installed_packages_are_imported_ahead(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)  # another test may have imported it
    assert _ahead(tmp_path) == (("torchvision", ("models",)),)
    assert _ahead(tmp_path, imports=[["no_such_package", []], ["json.tool", []]]) == ()
    (tmp_path / "torchvision.py").touch()
    assert _ahead(tmp_path) == ()


def test_a_package_does_not_import_itself_ahead(tmp_path):
    package = tmp_path / "site-packages" / "torchvision"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    assert _ahead(package, imports=[["torchvision.ops", []]]) == ()


def test_imports_of_a_file():
    text = """
import a, b.c as d
from e import f as g, h
from . import local
from .x import y
from star import *
try:
    import fast
except ImportError:
    fast = None
if True:
    import maybe
def function():
    import lazy
from torch import nn
class Net(nn.Module):
    def forward(self, x):
        return x
"""
    assert discover(text).classes[0].imports == (
        ("a", ()), ("b.c", ()), ("e", ("f", "h")), ("star", ()), ("fast", ()), ("maybe", ()), ("torch", ("nn",)),
    )  # fmt: skip
