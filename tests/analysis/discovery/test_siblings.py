import textwrap
from pathlib import Path

import pytest

from graphperf.analysis.discovery import ModelClass, discover

BASE = """
    from torch import nn
    class Base(nn.Module):
        def __init__(self, width, depth=2):
            super().__init__()
        def forward(self, x): return x
"""


@pytest.fixture
def project(tmp_path: Path):
    """Writes files and gives the classes of the last one."""

    def write(files: dict[str, str]) -> tuple[ModelClass, ...]:
        path, text = tmp_path, ""
        for name, source in files.items():
            path, text = tmp_path / name, textwrap.dedent(source)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return discover(text, path).classes

    return write


@pytest.mark.parametrize(
    "text",
    [
        "from base import Base\nclass Net(Base): pass\n",
        "from .base import Base\nclass Net(Base): pass\n",
        "from base import Base as Parent\nclass Net(Parent): pass\n",
    ],
    ids=["absolute", "relative", "renamed"],
)
def test_a_class_without_forward_is_what_its_imported_base_is(project, text: str) -> None:
    (net,) = project({"base.py": BASE, "model.py": text})
    assert (net.name, net.required, net.forward_line, net.no_model) == ("Net", ("width",), None, "")


def test_the_class_itself_is_not_listed_where_it_is_imported(project) -> None:
    found = project({"base.py": BASE, "model.py": "from base import Base\nclass Net(Base): pass\nclass Other: pass\n"})
    assert [model.name for model in found] == ["Net"]


def test_a_base_by_way_of_other_files_and_of_a_package(project) -> None:
    (net,) = project(
        {
            "parts/base.py": BASE,
            "parts/middle.py": "from .base import Base\nclass Middle(Base): pass\n",
            "parts/__init__.py": "from .middle import Middle\n",
            "model.py": "from parts import Middle\nclass Net(Middle):\n    def __init__(self): super().__init__(1)\n",
        }
    )
    assert (net.name, net.required) == ("Net", ())


def test_absolute_imports_start_where_the_outermost_package_is(project) -> None:
    text = "from pkg.base import Base\nclass Net(Base): pass\n"
    (net,) = project({"pkg/__init__.py": "", "pkg/base.py": BASE, "pkg/model.py": text})
    assert net.required == ("width",)


@pytest.mark.parametrize(
    "base",
    ["class Base: pass\n", "class Base(:\n", "from model import Net as Base\n", "", "from base import Base\n"],
    ids=["no module", "broken", "circular", "empty", "itself"],
)
def test_other_files_that_say_nothing(project, base: str) -> None:
    assert project({"base.py": base, "model.py": "from base import Base\nclass Net(Base): pass\n"}) == ()


def test_files_that_are_not_there(project) -> None:
    text = "from ......far import A\nfrom gone import B\nfrom . import C\nclass Net(A, B, C): pass\n"
    assert project({"model.py": text}) == ()
    assert discover("from base import Base\nclass Net(Base): pass\n").classes == ()
