import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphperf.analysis.discovery import discover
from graphperf.analysis.discovery.directive import (
    DTYPES,
    KEYS,
    Directive,
    directive_above,
    directive_text,
    parse_shapes,
)


def directive(comment: str) -> Directive:
    found = directive_above([comment, "class Net(nn.Module):"], 2)
    assert found is not None
    return found


def test_every_key() -> None:
    assert directive(
        "# graphperf: input=(2, 3, 4) dtype=float16 init=(n=3, k=(1, 2), s='a b') hardware=a100-sxm4-80gb,i7-12700k "
        "precision=fp16 batch=8 mode=compiled"
    ) == Directive(
        line=1,
        inputs=(((2, 3, 4), "float16"),),
        init="n=3, k=(1, 2), s='a b'",
        settings=(
            ("hardware", "a100-sxm4-80gb,i7-12700k"), ("precision", "fp16"), ("batch", "8"), ("mode", "compiled"),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("comment", "inputs"),
    [
        ("#graphperf:input=(1,8)", (((1, 8), "float32"),)),
        ("    #   graphperf:   input=[1, 8]   ", (((1, 8), "float32"),)),
        ("# graphperf: input=((1, 8), (1, 4)) dtype=(int64,float32)", (((1, 8), "int64"), ((1, 4), "float32"))),
        ("# graphperf: input=[(1, 8), (1, 4)] dtype=torch.int64", (((1, 8), "int64"), ((1, 4), "int64"))),
        ("# graphperf: input=7", (((7,), "float32"),)),
        ("# graphperf: input=()", (((), "float32"),)),
    ],
)
def test_inputs(comment: str, inputs: object) -> None:
    found = directive(comment)
    assert found.problem is None
    assert found.inputs == inputs


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# graphperf: inputs=(1, 8)", "unknown key 'inputs'; known are input, dtype, "),
        ("# graphperf: (1, 8)", "expected key=value at '(1, 8)'"),
        ("# graphperf: input=(1, 8", "')' is missing"),
        ("# graphperf: init=(a=[1, 2)", "']' is missing"),
        ("# graphperf: input=(1, 'a')", "is not a shape such as (1, 3, 224, 224)"),
        ("# graphperf: input=(1, -8)", "is not a shape"),
        ("# graphperf: input=(True, 8)", "is not a shape"),
        ("# graphperf: input=(1, 8.0)", "is not a shape"),
        ("# graphperf: input=((1, 8), 3)", "is not a shape"),
        ("# graphperf: input=x", "'x' is not a shape"),
        ("# graphperf: input=(1, 8) dtype=float33", "'float33' is no dtype; known are float32, "),
        ("# graphperf: input=((1, 8), (1, 8)) dtype=(int64,int64,int64)", "2 shapes but 3 dtypes"),
        ("# graphperf: input=(1, 8) nonsense", "expected key=value at 'nonsense'"),
    ],
)
def test_a_mistake_is_said(comment: str, message: str) -> None:
    found = directive(comment)
    assert found.problem is not None
    assert message in found.problem
    assert found.line == 1


def test_only_the_comment_block_directly_above_counts() -> None:
    text = """
# graphperf: input=(1, 1)

class A(nn.Module): pass
# graphperf: input=(1, 2)
# another comment
@decorator
class B(nn.Module): pass
class C(nn.Module): pass  # graphperf: input=(1, 3)
# graphperf: ignore[GP101]
class D(nn.Module): pass
"""
    found = {model.name: model.directive for model in discover(text).classes}
    assert found["B"] is not None
    assert found["B"].inputs == (((1, 2), "float32"),)
    assert (found["A"], found["C"], found["D"]) == (None, None, None)


@given(st.text())
def test_no_body_raises(body: str) -> None:
    found = directive_above([f"# graphperf: {body}"], 2)
    assert found is None or found.line == 1


@given(st.lists(st.lists(st.integers(0, 10**6), max_size=5), min_size=1, max_size=3), st.sampled_from(DTYPES))
def test_shapes_are_read_back(shapes: list[list[int]], dtype: str) -> None:
    expected = tuple((tuple(shape), dtype) for shape in shapes)
    assert parse_shapes(repr([tuple(shape) for shape in shapes]), dtype) == expected


def test_every_key_is_accepted_alone() -> None:
    values = {"input": "(1, 8)", "init": "(1)"}
    assert [k for k in KEYS if directive(f"# graphperf: {k}={values.get(k, 'float32')}").problem is not None] == []


@given(
    st.lists(st.tuples(st.lists(st.integers(0, 9), max_size=3).map(tuple), st.sampled_from(DTYPES)), max_size=3),
    st.none() | st.sampled_from(["n=1", "3, names=('a', 'b')", ""]),
)
def test_what_is_written_is_read_back(inputs, init) -> None:
    found = directive(f"# graphperf: {directive_text(inputs, init)}")
    assert found.problem is None
    assert (found.inputs, found.init) == (tuple(inputs), init)
