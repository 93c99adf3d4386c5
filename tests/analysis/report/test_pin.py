"""What a capture assumed, as the directive that says so: written into the file, the next capture assumes nothing."""

from collections.abc import Callable

import pytest

from graphperf.analysis.report.pin import Pin, pin_of

TWO = """
    import functools
    def same(cls): return cls

    @same
    @same
    class Net(nn.Module):
        def __init__(self, width, names=("a",)):
            super().__init__()
            self.embedding = nn.Embedding(100, width)
            self.fc = nn.Linear(8, width)

        def forward(self, ids, x):
            return self.embedding(ids).sum() + self.fc(x)
"""
FIXED = """
    # graphperf: input=(2, 8) mode=compiled
    class Net(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.fc = nn.Linear(8, width)

        def forward(self, x):
            return self.fc(x)
"""


def pin(net) -> Pin | None:
    assert not net.analysis.problems, net.analysis.problems
    (result,) = net.analysis.results
    (model,) = net.analysis.discovery.classes
    return pin_of(result, model, model.line)


def test_inputs_and_arguments_above_the_decorators(write: Callable) -> None:
    net = write(TWO)
    found = pin(net)
    assert found is not None
    assert (found.line, found.extends) == (net.line("class Net") - 2, False)
    lines = net.text.split("\n")
    again = write("\n".join([*lines[: found.line - 1], found.text, *lines[found.line - 1 :]]), prelude="")
    assert [(i.shape, i.dtype) for i in again.graph.inputs] == [(i.shape, i.dtype) for i in net.graph.inputs]
    assert {i.origin for i in again.graph.inputs} == {f"directive on line {found.line}"}
    assert [i.dtype for i in again.graph.inputs] == ["int64", "float32"]
    assert again.graph.parameters == net.graph.parameters
    assert again.analysis.results[0].constructed == f"directive on line {found.line}"
    assert pin(again) is None


def test_only_what_was_assumed_is_added_to_a_directive(write: Callable) -> None:
    net = write(FIXED)
    found = pin(net)
    assert found is not None
    assert (found.line, found.extends) == (net.line("# graphperf"), True)
    assert found.text.startswith("init=(width=")
    again = write(net.text.replace("mode=compiled", f"mode=compiled {found.text}"), prelude="")
    assert again.graph.parameters == net.graph.parameters
    assert pin(again) is None


@pytest.mark.parametrize("given", [(((4, 8), "float32"),), ()])
def test_given_inputs_need_no_pin(write: Callable, given) -> None:
    net = write(FIXED.replace("input=(2, 8) ", "").replace("self, width)", "self, width=4)"), inputs=given)
    assert (pin(net) is None) == bool(given)
