"""Whatever the user's code does, there is one message with the stage and the line, and the next capture works."""

from collections.abc import Callable

import pytest

GOOD = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(8, 8)

        def forward(self, x):
            return self.fc(x)
"""


def net(forward: str = "return self.fc(x)", init: str = "pass", top: str = "") -> str:
    return f"""{top}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
        {init}

    def forward(self, x):
        {forward}
"""


BAD = "raise ValueError('bad')  # HERE"
PACKAGE = net(init="self.s = nothing()", top="from no_such_package import nothing  # HERE")
NAME = net(init="self.s = no_such_name()", top="from torch import no_such_name  # HERE")
CASES = {
    "missing package": (PACKAGE, "import", "importing the file failed: ModuleNotFoundError"),
    "missing name": (NAME, "import", "ImportError: cannot import name"),
    "constant raises": (net(init="self.s = SIZE + 1", top="SIZE = 1 / 0  # HERE"), "import", "ZeroDivisionError"),
    "constructor": (net(init=BAD), "construct", "constructing Net failed: ValueError: bad"),
    "constructor of a layer": (net(init="nn.Conv2d(3, 4, groups=2, kernel_size=3)  # HERE"), "construct", "ValueError"),
    "forward": (net(BAD), "forward", "ValueError: bad"),
    "shapes": (net("return self.fc(x) @ torch.ones(3, 3)  # HERE"), "forward", "RuntimeError"),
    "below forward": (net("return helper(x)", top=f"def helper(x):\n    {BAD}"), "forward", "ValueError: bad"),
    "no message": (net("raise ArithmeticError  # HERE"), "forward", "ArithmeticError"),
    "several lines": (net("raise ValueError('one\\ntwo')  # HERE"), "forward", "ValueError: one"),
    "sys.exit": (net("raise SystemExit(3)  # HERE"), "forward", "sys.exit(3)"),
    "recursion": (net("return self.forward(x)  # HERE"), "forward", "RecursionError"),
    "stdin": (net("input()  # HERE"), "forward", "EOFError"),
    "unpicklable exception": (net("raise type('Odd', (Exception,), {})('x')  # HERE"), "forward", "Odd: x"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_line_that_raised(write: Callable, name: str) -> None:
    source, stage, message = CASES[name]
    written = write(source)
    assert written.analysis.results == ()
    (problem,) = written.analysis.problems
    assert (problem.stage, problem.line, problem.file) == (stage, written.line("# HERE"), str(written.path))
    assert message in problem.message
    assert "\n" not in problem.message
    assert write(GOOD, name="good.py").graph.operators[0].kind == "linear"


def test_an_error_in_forward_says_line_and_input(write: Callable) -> None:
    written = write(net("x = x + 1\n        return x.no_such_method()  # HERE"), inputs=(((2, 8), "float32"),))
    (problem,) = written.analysis.problems
    assert problem.message == (
        f"forward() raised at line {written.line('# HERE')}: AttributeError: "
        "'Tensor' object has no attribute 'no_such_method', with the input 2×8 (given)"
    )


def test_an_error_in_another_file_points_at_that_file_or_at_the_call(write: Callable, tmp_path) -> None:
    (tmp_path / "helper.py").write_text("def helper(x):\n    raise ValueError('bad')\n")
    written = write(net("return helper(x)  # HERE", top="from helper import helper"))
    (problem,) = written.analysis.problems
    assert (problem.file, problem.line) == (str(written.path), written.line("# HERE"))


@pytest.mark.parametrize(
    ("statement", "stage", "message"),
    [
        ("import os; os._exit(0)", "", "ends the process with os._exit()"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crash", "crashed the interpreter (SIGSEGV)"),
        ("import os; os.kill(os.getpid(), 9)", "crash", "the model's code was killed"),
        ("raise KeyboardInterrupt", "", "KeyboardInterrupt"),
    ],
)
@pytest.mark.parametrize("place", ["forward", "construct"])
def test_code_that_ends_the_process(write: Callable, statement: str, stage: str, message: str, place: str) -> None:
    (problem,) = write(net(**{"init" if place == "construct" else place: statement})).analysis.problems
    assert problem.stage == (stage or place)
    assert message in problem.message
    assert problem.line is not None
    assert write(GOOD, name="good.py").graph.operators[0].kind == "linear"


ENDLESS = "[0 for _ in iter(int, 1)]"


@pytest.mark.parametrize(
    "source",
    [net(ENDLESS), net(init=ENDLESS), net("x = SIZE", top=f"SIZE = {ENDLESS}")],
    ids=["forward", "init", "top"],
)
def test_an_endless_loop_is_stopped(write: Callable, source: str) -> None:
    (problem,) = write(source, seconds=0.5).analysis.problems
    assert (problem.stage, problem.message) == ("timeout", "the capture took too long: still running after 0.5 s")


def test_a_program_that_cannot_be_started_need_not_end_the_capture(write: Callable) -> None:
    source = net("""import subprocess
        try: subprocess.run(['git'])
        except OSError: return self.fc(x)""")
    assert write(source).graph.operators[0].kind == "linear"


@pytest.mark.parametrize(
    "statement",
    [
        'print(\'{"id": 1, "error": null}\')',
        "import os; os.write(1, b'junk without an end')",
        "import os; os.write(2, b'x' * 300_000)",
        "import sys; sys.stdout.close(); sys.stderr.close()",
        "import os; os.close(0); os.close(1); os.close(2)",
        "import warnings; warnings.warn('careful')",
        "import logging; logging.getLogger().warning('careful')",
    ],
)
def test_what_the_code_prints_does_not_disturb_the_answer(write: Callable, statement: str) -> None:
    written = write(net(init=statement, top="print('top')"))
    assert written.at("return self.fc(x)") == ["linear"]


def test_guessed_arguments_that_fail_are_named(write: Callable) -> None:
    written = write("""
        class Net(nn.Module):
            def __init__(self, width, *, depth):
                super().__init__()
                self.a = [].index(depth)  # HERE

            def forward(self, x):
                return x
    """)
    (problem,) = written.analysis.problems
    assert (problem.stage, problem.line) == ("construct", written.line("# HERE"))
    assert "with the assumed arguments width=" in problem.message
    assert ", depth=2" in problem.message


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        ("inputs=(1, 8)", "directive: unknown key 'inputs'"),
        ("hardware=h200", "unknown hardware 'h200'"),
        ("precision=fp7", "unknown precision 'fp7'"),
        ("hardware=i7-12700k precision=fp16", "i7-12700k does not compute in fp16"),
        ("mode=fast", "unknown mode 'fast'"),
        ("batch=none", "batch must be a number"),
    ],
)
def test_a_wrong_directive_is_reported_at_its_line(write: Callable, directive: str, message: str) -> None:
    written = write(f"# graphperf: {directive}\n" + net().lstrip())
    (problem,) = written.analysis.problems
    assert (problem.stage, problem.line) == ("directive", written.line("# graphperf"))
    assert message in problem.message


def test_a_convolution_says_the_channels_as_on_a_cpu(write: Callable) -> None:
    text = """
# graphperf: input=(1, 3, 32, 32)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3), nn.Conv2d(16, 8, 3)

    def forward(self, x):
        return self.b(self.a(x))
"""
    (problem,) = write(text).analysis.problems
    assert (
        "weight of size [8, 16, 3, 3], expected input[1, 8, 30, 30] to have 16 channels, but got 8" in problem.message
    )


def test_channels_that_are_too_few_to_share_are_told_apart_from_small_inputs(write: Callable) -> None:
    text = """
# graphperf: init=(8,)
class Net(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.a = nn.Conv2d(depth, depth // 16, 1)

    def forward(self, x):
        return self.a(x).sum()
"""
    (problem,) = write(text).analysis.problems
    assert "a convolution has no channels" in problem.message
