"""Arguments that other files of the repository give a class."""

from collections.abc import Callable
from pathlib import Path

import pytest

NET = """
class Net(nn.Module):
    def __init__(self, width, sizes, act):
        super().__init__()
        self.layers = nn.Sequential(*[nn.Linear(width, width * size) for size in sizes])
        self.act = act() if sizes[0] == 3 else None

    def forward(self, x):
        return self.act(self.layers[0](x))
"""

CALLS = {
    "written out": "net = Net(24, sizes=(3, 5), act=nn.SiLU)",
    "variables": "width = 24\ndef main(sizes=[3, 5]):\n    return Net(width, sizes, act=nn.SiLU)",
    "options": "parser.add_argument('--width', type=int, default=24)\nmodels.Net(args.width, (3, 5), nn.SiLU).cuda()",
    "less known": "Net(width=24, sizes=(3,), act=load())\nNet(width=24, sizes=(3, 5), act=nn.SiLU)",
}


@pytest.mark.parametrize("name", CALLS)
def test_a_script_of_the_repository_says_the_arguments(write: Callable, tmp_path: Path, name: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "run.py").write_text(CALLS[name])
    written = write(NET, name="nets/net.py")
    assert written.graph.inputs[0].shape[-1] == 24
    assert "after run.py" in written.analysis.results[0].constructed


def test_what_a_call_computes_is_guessed(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text("Net(width=compute(), sizes=[3], act=nn.SiLU)")
    assert write(NET).graph.inputs[0].shape[-1] == 64


def test_a_size_that_a_script_works_out_is_left_to_the_class(write: Callable, tmp_path: Path) -> None:
    text = """
class Net(nn.Module):
    def __init__(self, width, inner=None):
        super().__init__()
        self.layer = nn.Linear(width, width if inner is None else inner)

    def forward(self, x):
        return self.layer(x)
"""
    options = "parser.add_argument('--inner', type=int, default=-1)\n"
    (tmp_path / "run.py").write_text(options + "if args.inner < 0: args.inner = 24\nnet = Net(24, inner=args.inner)")
    assert write(text).graph.inputs[0].shape[-1] == 24
