"""Imports that a repository's root provides, and modules that are not installed and that a model does without."""

from collections.abc import Callable
from pathlib import Path

import pytest

from graphperf.analysis.capture import PoolCapturer
from graphperf.analysis.discovery import FileTarget
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.settings import Options

pytestmark = pytest.mark.slow

NET = """
class Net({base}):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)

    {decorator}
    def forward(self, x):
        return {result}
"""


def net(top: str, result: str = "self.fc(x)", base: str = "nn.Module", decorator: str = "") -> str:
    return f"{top}\n{NET.format(base=base, decorator=decorator, result=result)}"


WITHOUT = {
    "unused in a package": net("import no_such_thing as nst\nfrom no_such_thing.utils import helper"),
    "decorator": net("from no_such_thing import half", decorator="@half()"),
    "bare decorator": net("from no_such_thing import half", decorator="@half"),
    "registry": net("import no_such_thing as nst\nMODELS = nst.Registry('models')\nMODELS['a'] = nst.x"),
    "base": net("import no_such_thing as nst", base="nst.LightningModule"),
    "annotation": net("from no_such_thing import Float\nSize = Float[int, 'b c'] | None"),
    "name of a module that is there": net("from torch.nn import no_such_layer\n"),
    "submodule": net("from torch.no_such_part.inner import something\n"),
}


@pytest.mark.parametrize("name", WITHOUT)
def test_what_is_not_installed_and_not_needed_is_left_out(write: Callable, tmp_path: Path, name: str) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/__init__.py").touch()
    written = write(WITHOUT[name], name="pkg/net.py")
    assert [operator.kind for operator in written.graph.operators] == ["linear"]
    assert any("is not installed" in words for words in written.graph.assumptions)


USED = {
    "call": net("from no_such_thing import layer", "layer(self.fc(x))"),
    "attribute": net("import no_such_thing as nst", "nst.scale * self.fc(x)"),
    "submodule": net("import no_such_thing.ops", "no_such_thing.ops.relu(x)"),
    "base that is no module": net("from no_such_thing import Backbone", base="Backbone"),
}


@pytest.mark.parametrize("name", USED)
def test_what_is_needed_is_named_at_its_import(write: Callable, name: str) -> None:
    written = write(USED[name])
    assert not written.analysis.results
    (problem,) = written.analysis.problems
    assert problem.stage == "import"
    assert "No module named 'no_such_thing'" in problem.message
    assert "no_such_thing" in written.path.read_text().splitlines()[problem.line - 1]


ALIKE = {
    "layer": net("from no_such_thing.layers import ColumnParallelLinear", "self.other(x)"),
    "inside a module": net("import no_such_thing.layers as nst", "self.other(x)"),
}


@pytest.mark.parametrize("name", ALIKE)
def test_a_layer_named_like_one_of_pytorch_is_taken_for_it(write: Callable, name: str) -> None:
    given = "ColumnParallelLinear" if name == "layer" else "nst.ColumnParallelLinear"
    made = f"self.other = {given}(8, 4, bias=False, gather_output=True)"
    written = write(ALIKE[name].replace("self.fc = nn.Linear(8, 8)", made))
    (operator,) = written.graph.operators
    assert (operator.kind, written.graph.inputs[0].shape[-1]) == ("linear", 8)
    assert any(
        "ColumnParallelLinear is not installed: taken for torch.nn.Linear" in w for w in written.graph.assumptions
    )


def test_a_layer_of_another_name_is_not_taken_for_one(write: Callable) -> None:
    source = net("from no_such_thing import SparseLinear", "self.other(x)")
    written = write(source.replace("self.fc = nn.Linear(8, 8)", "self.other = SparseLinear(8, 4)"))
    assert "No module named 'no_such_thing'" in written.analysis.problems[0].message


def test_what_a_file_stores_in_something_absent_can_be_read(write: Callable) -> None:
    top = "from no_such_thing import edict\ncfg = edict()\ncfg.NET = edict()\ncfg.NET.WIDTH = 24\ncfg['SIZE'] = 5"
    written = write(net(top).replace("nn.Linear(8, 8)", "nn.Linear(cfg.NET.WIDTH, cfg['SIZE'])"))
    assert written.graph.inputs[0].shape[-1] == 24


def test_a_guarded_import_is_refused_as_ever(write: Callable) -> None:
    top = "try:\n    import no_such_thing\n    FAST = True\nexcept ImportError:\n    FAST = False\n"
    written = write(net(top, "self.fc(x) if FAST else self.fc(x).relu()"))
    assert [operator.kind for operator in written.graph.operators] == ["linear", "relu"]


@pytest.mark.parametrize(
    ("name", "imported"),
    [
        ("models/net.py", "from models.layers import twice"),
        ("deep/er/net.py", "from models.layers import twice"),
        ("models/net.py", "from .layers import twice"),
        ("models/sub/net.py", "from ..layers import twice"),
        ("code/net.py", "from models import layers\ntwice = layers.twice"),
        ("code/net.py", "from shared import twice"),
    ],
)
def test_folders_further_up_are_looked_through(write: Callable, tmp_path: Path, name: str, imported: str) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/layers.py").write_text("def twice(x):\n    return x.exp()\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/shared.py").write_text("from models.layers import twice\n")
    written = write(net(imported, "twice(self.fc(x))"), name=name)
    assert [operator.kind for operator in written.graph.operators] == ["linear", "exp"]


def test_a_folder_of_the_same_name_nearer_by_does_not_hide_it(write: Callable, tmp_path: Path) -> None:
    for folder in ("utils", "models/utils"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "models/utils/near.py").write_text("def once(x):\n    return x.sin()\n")
    (tmp_path / "utils/far.py").write_text("def twice(x):\n    return x.exp()\n")
    top = "from utils.far import twice\n"
    written = write(net(top, "twice(self.fc(x))"), name="models/net.py")
    assert [operator.kind for operator in written.graph.operators] == ["linear", "exp"]


def test_arguments_that_the_file_parses_are_the_defaults(tmp_path: Path, capturer: PoolCapturer) -> None:
    path = tmp_path / "gan.py"
    text = """
import argparse
import torch.nn as nn
parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, default=24)
opt = parser.parse_args()
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(opt.width, 8)
    def forward(self, x):
        return self.fc(x)
"""
    path.write_text(text)
    analysis = analyze(FileTarget(path), Options(), capturer)
    assert analysis.results[0].graph.inputs[0].shape == (1, 24)


def test_a_statement_that_no_class_needs_may_fail(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/__init__.py").touch()
    source = "assert torch.cuda.is_available(), 'a GPU is needed'\n" + net("SIZE = 8")
    assert [operator.kind for operator in write(source, name="pkg/net.py").graph.operators] == ["linear"]
    broken = write("SIZE = 1 / 0\n" + net("", "self.fc(x) * SIZE"), name="pkg/broken.py")
    assert "ZeroDivisionError" in broken.analysis.problems[0].message


LABELS = """
import torch.nn as nn
WIDTH = 24
LABELS = open("/no/such/file").read()
class Data:
    def __init__(self, labels=LABELS[0]):
        pass
"""


def test_a_failing_statement_of_an_imported_module_is_left_out(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text(LABELS)
    written = write(net("from data import WIDTH, Data").replace("nn.Linear(8, 8)", "nn.Linear(WIDTH, 8)"))
    assert written.graph.inputs[0].shape[-1] == 24
    assert any("data.LABELS cannot be made (FileNotFoundError)" in words for words in written.graph.assumptions)


def test_what_a_failing_statement_would_have_made_is_named_by_its_error(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text(LABELS)
    written = write(net("from data import LABELS", "self.fc(x) * LABELS.scale"))
    assert "No such file or directory: '/no/such/file'" in written.analysis.problems[0].message


def test_what_a_class_does_not_depend_on_may_fail(write: Callable, tmp_path: Path) -> None:
    other = net("").replace("class Net", "class Other").replace("(self)", "(self, width=1 / 0)")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/__init__.py").write_text("from pkg.net import Other\n")
    for name in ("net.py", "pkg/net.py"):
        analysis = write(net("").replace("(self)", "(self, bias)") + other, name=name).analysis
        assert [result.target.rpartition("::")[2] for result in analysis.results] == ["Net"]
        (problem,) = analysis.problems
        assert (problem.name, problem.stage) == ("Other", "import")
        assert "ZeroDivisionError" in problem.message


@pytest.mark.parametrize("error", ["ImportError", "RuntimeError"])
def test_an_installed_package_that_cannot_be_imported_is_done_without(
    write: Callable, tmp_path: Path, error: str
) -> None:
    installed = tmp_path / "site-packages"
    (installed / "tensor_board").mkdir(parents=True)
    (installed / "tensor_board/__init__.py").write_text(f"raise {error}('needs another version')\n")
    top = f"import sys\nsys.path.append({str(installed)!r})\nfrom tensor_board import Writer"
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/__init__.py").touch()
    written = write(net(top), name="pkg/net.py")
    assert [operator.kind for operator in written.graph.operators] == ["linear"]
    (problem,) = write(net(top, "Writer(self.fc(x))"), name="pkg/used.py").analysis.problems
    assert f"{error}: needs another version" in problem.message


def test_a_name_that_means_another_class_here_is_said(write: Callable) -> None:
    source = "if True:\n    Net = nn.SiLU\nelse:\n" + "\n".join(
        f"    {line}" for line in NET.format(base="nn.Module", decorator="", result="x").splitlines()
    )
    (problem,) = write(source).analysis.problems
    assert "Net is torch.nn.modules.activation.SiLU here: a condition around the class does not hold" in problem.message


def test_modules_that_import_each_other_are_entered_where_that_works(write: Callable, tmp_path: Path) -> None:
    package = tmp_path / "layers"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "attention.py").write_text("from .other import half\n\nclass Attention:\n    width = half(16)\n")
    (package / "other.py").write_text("def half(n):\n    return n // 2\n\nfrom .net import Attention\n")
    net = """
from .other import half
from .attention import Attention
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(8, Attention.width)

    def forward(self, x):
        return self.a(x)
"""
    results = write(net, name="layers/net.py").analysis.results
    assert [result.graph.model for result in results] == ["Net"]


def test_a_package_may_start_further_up_than_a_file_says(write: Callable, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    for folder, text in {"models": "from .other import width\n", "utils": "width = 24\n"}.items():
        (repository / folder).mkdir(parents=True)
        (repository / folder / "__init__.py").write_text(text)
    (repository / "models" / "other.py").write_text("from ..utils import width\n")
    net = """
from torch import nn
from . import width

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(8, width)

    def forward(self, x):
        return self.a(x)
"""
    assert write(net, name="repository/models/net.py").graph.parameters == 24 * 9
