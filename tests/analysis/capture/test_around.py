"""Classes that only other code of the repository can construct: captured as it makes and calls them."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from graphperf.analysis.capture import CachingCapturer, Captured, CaptureRequest, PoolCapturer
from graphperf.analysis.capture.around import Repository
from graphperf.analysis.discovery import FileTarget
from graphperf.analysis.pipeline import Analysis, analyze
from graphperf.analysis.settings import Options
from graphperf.analysis.store import Store

pytestmark = pytest.mark.slow

# Nobody guesses that the sizes are pairs in order, or that `near` is a third of `far`.
LAYER = """import torch
from torch import nn

class Paths(nn.Module):
    def __init__(self, plan):
        super().__init__()
        assert plan["kind"] == "paths" and plan["near"] * 3 == plan["far"]
        self.near, self.far = nn.Linear(plan["near"], 4), nn.Linear(plan["far"], 4)

    def forward(self, given):
        near, far = given["near"], given["far"]
        return self.near(near) + self.far(far)
"""

NET = """import torch
from torch import nn
from layers import Paths

class Net(nn.Module):
    def __init__(self, width=5):
        super().__init__()
        self.paths = nn.Sequential(Paths({"kind": "paths", "near": width, "far": 3 * width}))

    def forward(self, x):
        x = x[..., :5]
        return self.paths({"near": x, "far": torch.cat([x, x, x], -1)})
"""

# Only code that runs knows the name that this one asks for.
NEEDY = NET.replace("width=5", "width, name").replace(
    "super().__init__()", "super().__init__()\n        assert sum(map(ord, name)) == 219"
)
NAME = "from net import Net\n\ndef name(letters='oak'):\n    return letters.upper()\n\n"
BUILDERS = {
    "a function": "def make_net(width=7):\n    net = Net(width, name())\n    return net\n",
    "several things": "def make_net(width=7):\n    net = Net(width, name())\n    return net, width\n",
    "a static method": "class Nets:\n    @staticmethod\n    def make_net(width=7):\n        return Net(width, name())\n",
    "arguments": "def make_net(kind):\n    return Net(7, name()) if kind == 'wide' else None\n",
}


class Counting:
    """Notes what is really captured."""

    def __init__(self, asker: PoolCapturer) -> None:
        self.asker, self.asked = asker, list[str]()

    def capture(self, request: CaptureRequest) -> Captured:
        self.asked.append(request.wanted)
        return self.asker.capture(request)


@pytest.fixture
def look(tmp_path: Path, capturer: PoolCapturer) -> Callable[..., tuple[Analysis, list[str]]]:
    """Writes `layers.py` and files beside it, and tells what is known of the first and what was captured for it."""

    def analyse(
        layer: str = LAYER, *, shown: str | None = None, options: Options | None = None, **files: str
    ) -> tuple[Analysis, list[str]]:
        for name, text in {"layers": layer, **files}.items():
            path = tmp_path / f"{name}.py"
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
        counting = Counting(capturer)
        caching = CachingCapturer(counting, sys.executable, Store(tmp_path / "store"))
        target = FileTarget(tmp_path / "layers.py")
        return analyze(target, options or Options(), caching, shown), counting.asked

    return analyse


def test_a_class_is_as_the_model_around_it_makes_and_calls_it(look: Callable) -> None:
    analysis, asked = look(net=NET)
    (result,) = analysis.results
    assert (asked, result.graph.model, result.graph.parameters) == (["Paths", "Net"], "Paths", 4 * (5 + 15 + 2))
    assert result.constructed.startswith("Net in net.py")
    assert [(i.name, i.shape[-1], i.origin) for i in result.graph.inputs] == [
        ("given['near']", 5, "as Net in net.py gives it"),
        ("given['far']", 15, "as Net in net.py gives it"),
    ]
    assert result.target.endswith("layers.py::Paths")
    assert result.graph.defined is not None
    assert result.graph.defined.file.endswith("layers.py")
    assert {place.file[-9:] for o in result.graph.operators for place in o.source} == {"layers.py"}


def test_the_expression_of_a_part_gives_that_part(look: Callable) -> None:
    analysis, _ = look(net=NET)
    assert analysis.results[0].expression == "Net().get_submodule('paths.0')"


@pytest.mark.parametrize("name", BUILDERS)
def test_a_function_may_be_what_makes_the_model(look: Callable, name: str) -> None:
    analysis, _ = look(net=NEEDY, build=NAME + BUILDERS[name])
    (result,) = analysis.results
    assert result.graph.parameters == 4 * (7 + 21 + 2)
    assert "make_net in build.py" in result.constructed


def test_a_chain_of_models_leads_to_one_that_can_be_made(look: Callable) -> None:
    outer = NET.replace("from layers import Paths", "from net import Net").replace("class Net", "class Outer")
    outer = outer[: outer.index("        self.paths")] + "        self.net = Net(5, ''.join(letters))\n\n"
    outer = outer.replace("width=5", "letters='OAK'") + "    def forward(self, x):\n        return self.net(x)\n"
    analysis, _ = look(net=NEEDY, outer=outer)
    (result,) = analysis.results
    assert result.constructed.startswith("Outer in outer.py")


def test_what_runs_alone_asks_nobody(look: Callable) -> None:
    layer = LAYER.replace('plan["kind"] == "paths" and plan["near"] * 3 == plan["far"]', "True")
    assert look(layer, net=NET)[1] == ["Paths"]


def test_given_inputs_go_before_those_of_the_model_around(look: Callable) -> None:
    layer = LAYER.replace('given["near"], given["far"]', "given, given.repeat(1, 3)")
    options = Options(inputs=(((9, 5), "float32"),))
    (result,) = look(layer, net=NET, options=options)[0].results
    assert [(i.shape, i.origin) for i in result.graph.inputs] == [((9, 5), "given")]


def test_given_arguments_are_the_only_ones(look: Callable) -> None:
    layer = LAYER.replace("class Paths", "# graphperf: init=(3)\nclass Paths")
    analysis, asked = look(layer, net=NET)
    assert ([problem.stage for problem in analysis.problems], asked) == (["construct"], ["Paths"])


def test_the_reason_is_that_of_the_class_where_nothing_helps(look: Callable) -> None:
    (problem,) = look(net=NET.replace("3 * width", "2 * width"))[0].problems
    assert problem.message.startswith("constructing Paths failed")
    assert look(net=NET.replace("3 * width", "2 * width"))[1] == []


def test_a_model_without_the_class_is_passed_over(look: Callable) -> None:
    other = NET.replace("nn.Sequential(", "(lambda paths: nn.Identity())(lambda: ").replace("class Net", "class Other")
    analysis, asked = look(another=other, net=NET)
    assert (asked, len(analysis.results)) == (["Paths", "Other", "Net"], 1)
    assert look(another=other, net=NET)[1] == []


def test_the_text_of_the_editor_is_what_the_model_around_imports(look: Callable) -> None:
    look(net=NET)
    (result,) = look(net=NET, shown=LAYER.replace(", 4)", ", 6)"))[0].results
    assert result.graph.parameters == 6 * (5 + 15 + 2)


def test_it_is_remembered_until_the_model_around_changes(look: Callable) -> None:
    look(net=NET)
    assert look(net=NET)[1] == []
    (result,), asked = look(net=NET.replace("width=5", "width=8").replace(":5", ":8"))[0].results, ["Net"]
    assert (result.graph.parameters, asked) == (4 * (8 + 24 + 2), ["Net"])


def makers(folder: Path, code: str) -> list[str]:
    (folder / "layers.py").write_text(LAYER)
    (folder / "code.py").write_text(code)
    return [maker.name for maker in Repository(folder / "layers.py").makers("Paths")]


def test_who_only_names_a_class_does_not_make_it(tmp_path: Path) -> None:
    named = "class Net(nn.Module):\n    def forward(self, x: Paths):\n        return isinstance(x, Paths)\n"
    assert makers(tmp_path, f"from torch import nn\nfrom layers import Paths\n{named}") == []


def test_another_class_of_the_name_is_another(tmp_path: Path) -> None:
    own = "from torch import nn\nclass Paths(nn.Module):\n    pass\nclass Net(nn.Module):\n    paths = Paths()\n"
    assert makers(tmp_path, own) == []
    assert makers(tmp_path, "from other import Paths\ndef make():\n    return Paths()\n") == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def make():\n    return Paths()\n", ["make"]),
        ("def make():\n    parts = []\n    parts.append(layers.Paths())\n    return nn.Sequential(*parts)\n", ["make"]),
        ("def make():\n    paths = Paths()\n    return 3\n", []),
        ("def train():\n    return Paths()\n", []),
    ],
)
def test_a_function_makes_what_it_returns(tmp_path: Path, code: str, found: list[str]) -> None:
    assert makers(tmp_path, f"import layers\nfrom layers import Paths\n{code}") == found
