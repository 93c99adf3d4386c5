from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphperf.hardware_profiles import Precision

ALIASES = {
    "half": Precision.FP16,
    "torch.float16": Precision.FP16,
    "Float16": Precision.FP16,
    "bfloat16": Precision.BF16,
    "float32": Precision.FP32,
    "float": Precision.FP32,
    "double": Precision.FP64,
    "fp8": Precision.FP8_E4M3,
    "torch.float8_e5m2": Precision.FP8_E5M2,
    "float8_e4m3fn": Precision.FP8_E4M3,
    " INT8 ": Precision.INT8,
}


@pytest.mark.parametrize("precision", Precision)
def test_value_and_text_round_trip(precision: Precision) -> None:
    assert Precision.parse(precision.value) is precision
    assert Precision.parse(str(precision).upper()) is precision
    assert Precision.parse(precision.name) is precision
    assert f"{precision}" == precision.value


@pytest.mark.parametrize(("text", "precision"), ALIASES.items())
def test_aliases(text: str, precision: Precision) -> None:
    assert Precision.parse(text) is precision


@pytest.mark.parametrize("precision", Precision)
def test_bytes_follow_the_number_of_bits_in_the_name(precision: Precision) -> None:
    if precision is Precision.TF32:
        assert precision.bytes == 4
        return
    bits = precision.value.removeprefix("bf").removeprefix("fp").removeprefix("int").split("-")[0]
    assert precision.bytes == int(bits) / 8


def test_only_the_integers_are_not_floats() -> None:
    integers = {precision for precision in Precision if not precision.is_float}
    assert integers == {Precision.INT32, Precision.INT16, Precision.INT8, Precision.INT4}


@pytest.mark.parametrize(("text", "meant"), [("fp61", "fp16"), ("bfloat", "bfloat16"), ("int88", "int8")])
def test_a_typo_names_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"unknown precision '{text}'; did you mean .*{meant}"):
        Precision.parse(text)


@given(st.text(max_size=12))
def test_any_text_is_a_precision_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert Precision.parse(text) in Precision
