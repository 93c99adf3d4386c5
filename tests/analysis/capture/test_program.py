"""How the user's code is loaded: beside modules with any name, inside packages, unsaved, and only what a class needs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from graphperf.analysis.capture import PoolCapturer, file_request
from graphperf.analysis.discovery import FileTarget, ModuleTarget, discover, parse_target
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.settings import Options

NET = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(8, {width})

        def forward(self, x):
            return {expression}
"""


@pytest.mark.parametrize(
    "name",
    ["recorder", "capture", "inputs", "torch_utils", "program", "serve", "values", "atoms", "modules", "sources",
     "bootstrap", "analysis", "server", "graphperf", "utils", "model", "test", "types_"],
)  # fmt: skip
def test_a_module_of_the_user_with_any_name(write: Callable, tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").write_text("def twice(x):\n    return x.exp()\n")
    source = f"    from {name} import twice\n" + NET.format(width=8, expression="twice(self.fc(x))")
    assert [o.kind for o in write(source, name="net.py").graph.operators] == ["linear", "exp"]


@pytest.mark.parametrize(
    "name", ["recorder.py", "capture.py", "my-net.py", "inputs.py", "sub/folder/x.py", "ünï cödé.py"]
)
def test_a_file_with_any_name(write: Callable, name: str) -> None:
    net = write(NET.format(width=8, expression="self.fc(x)"), name=name)
    assert net.at("return self.fc(x)") == ["linear"]
    assert net.graph.contains == ("Net",)


def test_relative_imports_inside_a_package(write: Callable, tmp_path: Path) -> None:
    for folder in ("package", "package/inner"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "package/layers.py").write_text(
        "from .inner import deep\ndef twice(x):\n    return deep.once(x).exp()\n"
    )
    (tmp_path / "package/inner/deep.py").write_text("def once(x):\n    return x.sin()\n")
    source = "    from ..layers import twice\n    from package.inner.deep import once\n"
    net = write(source + NET.format(width=8, expression="twice(once(self.fc(x)))  # run"), name="package/inner/net.py")
    assert net.at("# run") == ["linear", "sin", "sin", "exp"]


def test_the_text_given_replaces_the_file(tmp_path: Path, capturer: PoolCapturer) -> None:
    path = tmp_path / "model.py"
    path.write_text("this is not Python")
    text = "from torch import nn\nclass Net(nn.Linear):\n    def __init__(self):\n        super().__init__(8, 3)\n\n"
    text += "    def forward(self, x):\n        return super().forward(x)\n"
    result = analyze(FileTarget(path), Options(), capturer, text=text).results[0]
    assert result.graph.parameters == 27
    assert path.read_text() == "this is not Python"
    unsaved = analyze(FileTarget(tmp_path / "new.py"), Options(), capturer, text=text.replace("8, 3", "8, 4"))
    assert unsaved.results[0].graph.parameters == 36


def test_the_text_replaces_a_file_of_a_package(tmp_path: Path, capturer: PoolCapturer) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package/__init__.py").touch()
    (tmp_path / "package/size.py").write_text("SIZE = 3\n")
    (tmp_path / "package/net.py").write_text("broken (")
    text = "from torch import nn\nfrom .size import SIZE\nclass Net(nn.Linear):\n    def __init__(self):\n"
    text += "        super().__init__(8, SIZE)\n    def forward(self, x):\n        return super().forward(x)\n"
    result = analyze(FileTarget(tmp_path / "package/net.py"), Options(), capturer, text=text).results[0]
    assert result.graph.parameters == 27


def test_only_what_the_class_needs_is_executed(write: Callable, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    net = write(f"""
        import torch.optim
        WIDTH = 4
        SIZES = [1]
        SIZES.append(WIDTH)
        UNUSED = open({str(mark)!r}, "w")

        class Net(nn.Module):
            def __init__(self, width=SIZES[-1]):
                super().__init__()
                self.fc = nn.Linear(8, width)

            def forward(self, x):
                return act(self.fc(x))

        try:
            from no_such_package import act
        except ImportError:
            def act(x):
                return x.exp()

        model = Net()
        optimizer = torch.optim.SGD(model.parameters())
        for step in range(10**9):
            open({str(mark)!r}, "w").write("trained")
        while True:
            pass
        if __name__ == "__main__":
            open({str(mark)!r}, "w").write("main")
    """)
    assert [o.kind for o in net.graph.operators] == ["linear", "exp"]
    assert net.graph.tensors[net.graph.output_tensors[0]].shape == (1, 4)
    assert not mark.exists()


def test_the_first_candidate_that_works_is_taken(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self, sizes=None):
                super().__init__()
                self.fc = nn.Linear(sizes[0], sizes[1])

            def forward(self, x):
                return self.fc(x)

        def make():
            return Net([8, 2])

        def test():
            Net([8, 4])
    """)
    assert net.analysis.results[0].constructed == f"the call on line {net.line('Net([8, 2])')}"
    assert net.graph.parameters == 18


def test_a_class_needed_by_a_factory_only(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self, block, n):
                super().__init__()
                self.fc = nn.Sequential(*[block(8, 8) for _ in range(n)])

            def forward(self, x):
                return self.fc(x)

        def _net(n):
            return Net(nn.Linear, n)

        def net3():
            return _net(3)
    """)
    assert net.analysis.results[0].constructed == "net3()"
    assert len(net.graph.operators) == 3


def test_a_factory_by_its_import_path(tmp_path: Path, capturer: PoolCapturer, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zoo.py").write_text(
        "from torch import nn\nclass A:\n    def make():\n        return nn.Linear(8, 3)\n"
    )
    target = parse_target("zoo:A.make")
    assert isinstance(target, ModuleTarget)
    (result,) = analyze(target, Options(), capturer).results
    assert (result.graph.model, result.target, result.constructed) == ("Linear", "zoo:A.make", "zoo:A.make")
    for text, stage in (("zoo:nothing", "construct"), ("zoo:A", "construct"), ("nothing:make", "import")):
        (problem,) = analyze(parse_target(text), Options(), capturer).problems
        assert (problem.target, problem.stage) == (text, stage)


def test_a_candidate_without_the_class_is_passed_over(tmp_path: Path, capturer: PoolCapturer) -> None:
    text = "from torch import nn\nclass Net(nn.Module):\n    def __init__(self, n): super().__init__()\n"
    text += "def a(*n): return Net(n) if n else nn.Linear(8, 8)\ndef b(*n): return Net(n) if n else 3\n"
    request = file_request(tmp_path / "model.py", text, discover(text).classes[0], (), "", None)
    error = capturer.capture(replace(request, guess=False)).error
    assert error is not None
    assert (error.stage, error.message) == ("construct", "a() has no Net in it")
