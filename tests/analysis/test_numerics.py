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


@pytest.mark.parametrize(
    ("device", "precision", "computed"),
    [
        ("h100-sxm5-80gb", "fp32", ["fp32", "fp16", "bf16"]),
        ("h100-sxm5-80gb", "tf32", ["tf32", "fp16", "bf16"]),
        ("gtx-1080-ti", "fp32", ["fp32", "fp16", "fp32"]),  # no BF16
    ],
)
def test_what_the_code_itself_makes_half_is_computed_in_half(
    write, device: str, precision: str, computed: list[str]
) -> None:
    source = """
        # graphperf: input=(64, 64)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = nn.Linear(64, 64), nn.Linear(64, 64).half()
                self.third = nn.Linear(64, 64).bfloat16()

            def forward(self, x):
                return self.third(self.second(self.first(x).half()).bfloat16())
    """
    found = write(source, hardware=(device,), precision=parse_numerics(precision)).evaluation
    linear = [kernel.precision.value for kernel in found.subgraphs if kernel.subgraph.pattern == "linear"]
    assert linear == computed


def test_a_product_of_int8_runs_in_int8(write) -> None:
    found = write("""
        # graphperf: input=[(64, 64), (64, 64)] dtype=int8
        class Net(nn.Module):
            def forward(self, x, weight):
                return torch._int_mm(x, weight)
    """).evaluation
    assert [kernel.precision.value for kernel in found.subgraphs] == ["int8"]
