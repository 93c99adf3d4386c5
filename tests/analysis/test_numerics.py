"""Spellings of precisions and of autocast."""

import pytest

from graphperf.analysis.discovery import UsageError
from graphperf.analysis.numerics import Autocast, parse_numerics
from graphperf.analysis.settings import Options, with_values
from graphperf.hardware_profiles import Precision


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("amp", Autocast.FP16), ("AMP", Autocast.FP16), ("amp-fp16", Autocast.FP16), ("amp_bf16", Autocast.BF16),
        ("amp-bfloat16", Autocast.BF16), ("fp16", Precision.FP16), ("half", Precision.FP16),
    ],
)  # fmt: skip
def test_spellings(text: str, value: object) -> None:
    assert parse_numerics(text) is value
    assert with_values(Options(), precision=text).precision is value


@pytest.mark.parametrize(("text", "hint"), [("amp-fp61", "; did you mean amp-bf16?"), ("fp15", "; did you mean fp16")])
def test_a_near_miss_is_named(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        with_values(Options(), precision=text)
    assert str(error.value).startswith(f"unknown precision {text!r}{hint}")


def test_autocast_needs_a_matrix_unit_that_takes_the_lower_format() -> None:
    for name in ("h100-sxm5-80gb", "rtx-3090", "jetson-agx-orin-64gb"):
        assert Options(hardware=(name,), precision=Autocast.BF16).devices()
    with pytest.raises(UsageError, match=r"^i7-12700k does not compute in amp; it does in fp64, fp32, .*int8$"):
        Options(hardware=("i7-12700k",), precision=Autocast.FP16).devices()
