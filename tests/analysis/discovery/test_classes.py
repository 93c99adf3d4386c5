import ast
import gc
import textwrap
import time
import warnings
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphperf.analysis.discovery import discover
from graphperf.analysis.discovery.classes import split_lines


def names(text: str) -> list[str]:
    return [model.name for model in discover(textwrap.dedent(text)).classes]


@pytest.mark.parametrize(
    "base",
    ["nn.Module", "torch.nn.Module", "Module", "pl.LightningModule", "nn.Sequential", "PreTrainedModel", "N.Module"],
)
def test_a_class_is_a_model_by_its_base(base: str) -> None:
    assert names(f"class Net({base}):\n    pass\n") == ["Net"]


@pytest.mark.parametrize(
    "text",
    [
        "class Net:\n    def forward(self, x): return x\n",
        "class Net(Exception):\n    pass\n",
        "class F(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x): return x\n",
        "class F(Function):\n    @staticmethod\n    def forward(ctx, x): return x\n",
        "class Data(Dataset):\n    def __len__(self): return 1\n",
        "def forward(x): return x\n",
        "",
    ],
)
def test_what_is_no_model(text: str) -> None:
    assert names(text) == []


def test_inheritance_within_the_file_in_any_order() -> None:
    text = """
        class Child(Parent): pass
        class Parent(Grandparent): pass
        class Grandparent(nn.Module): pass
        class Stranger(Unknown): pass
        class Loop(Loop2): pass
        class Loop2(Loop): pass
    """
    assert names(text) == ["Child", "Parent", "Grandparent"]


def test_an_unknown_base_with_forward_is_a_model() -> None:
    assert names("class Net(Base):\n    def forward(self, x): return x\n") == ["Net"]
    assert names("class Net(Generic[T], Base):\n    def forward(self, x): return x\n") == ["Net"]


def test_places_count_from_one() -> None:
    (model,) = discover(
        "# Ünïcödé\n\n@decorated(\n    1)\nclass Net(nn.Module):\n\n    def forward(self, x):\n        return x\n"
    ).classes
    assert (model.line, model.column, model.forward_line, model.end_line) == (5, 0, 7, 8)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_and_form_feeds(ending: str) -> None:
    lines = [
        "x = 1",
        "\f",
        "# graphperf: input=(1, 8)",
        "class Net(nn.Module):",
        "    def forward(self, x):",
        "        y",
    ]
    (model,) = discover(ending.join(lines)).classes
    assert (model.line, model.forward_line) == (4, 5)
    assert model.directive is not None
    assert (model.directive.line, model.directive.inputs) == (3, (((1, 8), "float32"),))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\rc\n", ["a", "b", "c", ""]),
        ("a\fb\nc\u2028d\x1ce\x85f", ["a\fb", "c\u2028d\x1ce\x85f"]),
    ],
)
def test_lines_end_where_python_ends_them(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("class Net(nn.Module):\n    def forward(self, x):\n        return x +\n", 3, "invalid syntax"),
        ("x = 1\nif x:\ny = 2\n", 3, "expected an indented block"),
        ("a = (1,\n\n", 1, "never closed"),
        ("x = 1\n  y = 2\n", 2, "unexpected indent"),
    ],
)
def test_a_broken_file_names_its_line(text: str, line: int, message: str) -> None:
    found = discover(text)
    assert found.classes == ()
    assert found.problem is not None
    assert found.problem.line == line
    assert message in found.problem.message


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("\0", 1, "there is a NUL character"),
        ("a\nb = 1\n\0b", 3, "there is a NUL character"),
        ("\ud800", 1, "surrogates not allowed"),
        ("x = " + "(" * 5000 + ")" * 5000, 1, "too many nested parentheses"),
        ("x = 1" + "+1" * 100_000, 1, "nested too deeply"),
        ("x = " + "-" * 100_000 + "1", 1, "nested too deeply"),
        ("import torch\n%matplotlib inline\n", 2, "'%matplotlib inline' is a command for a notebook, not Python"),
        ("if 1:\n    !pip install torch\n", 2, "'!pip install torch' is a command for a notebook, not Python"),
        ("%%time\n", 1, "'%%time' is a command for a notebook, not Python"),
    ],
)
def test_text_that_python_cannot_take(text: str, line: int, message: str) -> None:
    problem = discover(text).problem
    assert problem is not None
    assert problem.line == line
    assert message in problem.message


def test_roots_are_what_no_other_class_uses() -> None:
    text = """
        class Block(nn.Module): pass
        class Net(nn.Module):
            def __init__(self):
                self.a = Block()
        class Recursive(nn.Module):
            def __init__(self, depth):
                self.inner = Recursive(depth - 1)
        class Ring(nn.Module):
            def __init__(self): self.x = Ring2()
        class Ring2(nn.Module):
            def __init__(self): self.x = Ring()
    """
    found = discover(textwrap.dedent(text))
    assert [model.name for model in found.roots()] == ["Net", "Recursive"]
    assert len(found.classes) == 5


PIECES = st.sampled_from(
    ["class Net(nn.Module):", "    def __init__(self, n=3, *, k):", "    def forward(self, x):", "        return Net(1)", "\f",
     "# graphperf: input=(1, 3)", "# graphperf: init=((", "def make():", "    return Net(k=2)", "Net([1, 2], **x)", "(", "é",
     "class B(Net[int]): pass", "    pass", "@a", "\t", "if 1:", "\r", "Net(*a)", "lambda: Net(y for y in x)", "\\"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES).map("\n".join)))
@settings(max_examples=150, deadline=None)
def test_no_text_raises(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = discover(text)
    count = len(split_lines(text))
    for model in found.classes:
        assert 1 <= model.line <= model.end_line <= count
        assert model.directive is None or 1 <= model.directive.line < model.line
    if found.problem is not None:
        assert found.classes == ()
        assert 1 <= found.problem.line <= count + 1


@pytest.mark.parametrize(
    "text",
    [
        "class A(nn.Module): pass\nA(" + "1+" * 800 + "1)",
        "class A(x" + "[0]" * 1500 + "): pass",
        "\n".join(f"class C{i}(C{i + 1}): pass" for i in range(1200)),
    ],
    ids=["call", "base", "inheritance"],
)
def test_deep_text_does_not_raise(text: str) -> None:
    assert discover(text).classes is not None


NET = "class Net(nn.Module):\n    def forward(self, x):\n        return x\n"


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Without the collector of garbage."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    "text",
    [
        "def f(x): return x\n" + "".join(f"v{i} = f({i})\n" for i in range(12_000)),
        f"table = [{'1, ' * 50_000}]\n",
    ],
    ids=["calls", "one line"],
)
def test_long_files_take_little_more_than_parsing(text: str, no_collection: None) -> None:
    """Twice to four times as much, where the objects of other tests are not looked through meanwhile."""
    start = time.process_time()
    ast.parse(text)
    parsed = time.process_time()
    (model,) = discover(text + NET).classes
    ended = time.process_time()
    assert model.line == text.count("\n") + 1
    assert ended - parsed < 8 * (parsed - start)


@pytest.mark.parametrize(
    "text",
    [
        "from torch.nn import Module as Base\nclass Net(Base): pass\n",
        "Base = nn.Module\nclass Net(Base): pass\n",
        "try:\n    import x\nfinally:\n    class Net(nn.Module): pass\n",
        "if True:\n    class Net(nn.Module): pass\n",
    ],
)
def test_aliases_and_guarded_classes(text: str) -> None:
    assert names(text) == ["Net"]


@pytest.mark.parametrize(
    "header", ["class F(Function): pass\n", "from torch.autograd import Function as F\n"], ids=["class", "alias"]
)
def test_autograd_functions_are_known_through_aliases(header: str) -> None:
    assert names(f"{header}class G(F):\n    @staticmethod\n    def forward(ctx, x): return x\n") == []
