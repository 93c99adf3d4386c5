import textwrap

import pytest

from graphperf.analysis.discovery import discover
from graphperf.analysis.discovery.classes import Candidate, ModelClass

HEADER = "import torch\nfrom torch import nn\n"


def model(text: str, name: str = "Net") -> ModelClass:
    found = discover(HEADER + textwrap.dedent(text))
    assert found.problem is None
    return next(item for item in found.classes if item.name == name)


def candidates(text: str, name: str = "Net") -> list[tuple[str, str]]:
    return [(c.expression, c.origin) for c in model(text, name).candidates]


NET = "class Net(nn.Module):\n    def __init__(self, {parameters}): pass\n"


@pytest.mark.parametrize(
    ("parameters", "required"),
    [
        ("", ()),
        ("a=1, *, b=2", ()),
        ("a", ("a",)),
        ("a, b=1", ("a",)),
        ("a, /, b, *, c, d=1", ("a", "b", "c")),
        ("*args, **kwargs", ()),
        ("a=1, *args, k, **kwargs", ("k",)),
    ],
)
def test_required_parameters(parameters: str, required: tuple[str, ...]) -> None:
    found = model(NET.format(parameters=parameters))
    assert found.required == required
    assert (Candidate("Net()", "defaults") in found.candidates) == (not required)


def test_a_class_without_init_takes_the_one_it_inherits() -> None:
    text = """
        class Net(Middle): pass
        class Middle(Base): pass
        class Base(nn.Module):
            def __init__(self, width): pass
        class Own(Base):
            def __init__(self): pass
    """
    assert model(text).required == ("width",)
    assert model(text, "Own").required == ()


def test_order_defaults_then_calls_then_factories() -> None:
    text = """
        class Net(nn.Module):
            def __init__(self, n=10): pass

        def make():
            return Net(3)

        def make_indirectly(n=1):
            return make()

        net = Net(n=5)
    """
    found = candidates(text)
    assert found[0] == ("Net()", "defaults")
    assert sorted(found[1:3]) == [("Net(3)", "the call on line 8"), ("Net(n=5)", "the call on line 13")]
    assert found[3:] == [("make()", "make()"), ("make_indirectly()", "make_indirectly()")]


def test_a_directive_is_the_only_candidate() -> None:
    text = """
        # graphperf: init=(n=7, k=[1, 2])
        class Net(nn.Module):
            def __init__(self, n=10, k=()): pass
        net = Net(5)
    """
    assert candidates(text) == [("Net(n=7, k=[1, 2])", "directive on line 4")]


@pytest.mark.parametrize(
    ("call", "usable"),
    [
        ("Net(3)", True),
        ("Net(Block, [2, 2, 2])", True),
        ("Net(n=nn.Conv2d)", True),
        ("Net(SIZE * 2, -1)", True),
        ("Net(size)", False),
        ("Net(*[1, 2])", True),
        ("Net(**CONFIG)", True),
        ("Net([i for i in range(3)])", False),
        ("Net(lambda: 1)", False),
        ("Net()", False),
        ("module.Net(3)", False),
    ],
)
def test_calls_with_literals_and_top_level_names_are_candidates(call: str, usable: bool) -> None:
    text = f"""
SIZE = 4
CONFIG = {{}}
class Block(nn.Module): pass
class Net(nn.Module):
    def __init__(self, n, k=1): pass
def test(size):
    return {call}
"""
    assert candidates(text) == ([(call, "the call on line 10")] if usable else [])


@pytest.mark.parametrize(
    ("function", "usable"),
    [
        ("def make(): return Net(a)", True),
        ("def make(pretrained=False, **kwargs): return _build(pretrained)", True),
        ("def make(size): return Net(size)", False),
        ("def make(*, size): return Net(size)", False),
        ("def make(): Net(a)", False),
        ("def make(): return Other()", False),
        ("class Maker:\n    def make(self): return Net(a)", False),
    ],
)
def test_functions_without_required_arguments_that_reach_the_class_are_factories(function: str, usable: bool) -> None:
    text = f"""
class Net(nn.Module):
    def __init__(self, n): pass
def _build(x):
    return Net(x)
{function}
"""
    assert candidates(text) == ([("make()", "make()")] if usable else [])


def test_a_class_of_torch_with_the_same_name_is_another():
    text = """
import torch
from torch import nn
class GRU(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.inner = nn.GRU(64, 32)
    def forward(self, x):
        return self.inner(x)
model = GRU(7)
"""
    (model,) = discover(text).classes
    assert [candidate.expression for candidate in model.candidates] == ["GRU(7)"]
