"""6xx: what fits, what spills, and what runs in other units than meant."""

from collections.abc import Callable

import pytest

from graphperf.analysis.finding import Finding
from graphperf.analysis.rules import judge
from graphperf.hardware_profiles import Precision, profile

CONV = """
    class Net(nn.Module):  # class
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 64, 3, padding=1)

        def forward(self, x):
            return self.conv(x)
"""
LINEAR = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear({width}, {width})

        def forward(self, x):
            return self.fc(x)
"""


def found(net: object, code: str) -> list[Finding]:
    return [finding for finding in judge(net.analysis) if finding.code == code]  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(("batch", "codes"), [(60, set()), (84, {"GP603"}), (100, {"GP602"})])
def test_memory_fits_fills_or_does_not_fit(write: Callable, batch: int, codes: set[str]) -> None:
    net = write(CONV, hardware=("rtx-3090",), inputs=(((batch, 3, 1024, 1024), "float32"),))
    findings = [finding for finding in judge(net.analysis) if finding.code in ("GP602", "GP603")]
    assert {finding.code for finding in findings} == codes
    for finding in findings:
        assert finding.line == net.line("# class")
        assert finding.severity == ("error" if finding.code == "GP602" else "information")


def test_the_largest_batch_that_is_named_fits(write: Callable) -> None:
    (finding,) = found(write(CONV, hardware=("rtx-3090",), inputs=(((100, 3, 1024, 1024), "float32"),)), "GP602")
    batch = int(finding.message.split("about ")[1].rstrip("."))
    fits = write(CONV, hardware=("rtx-3090",), inputs=(((batch, 3, 1024, 1024), "float32"),))
    assert fits.evaluation.peak_memory_bytes <= profile("rtx-3090").memory.dram_size.si
    assert found(fits, "GP602") == []


def test_weights_alone_can_be_too_many(write: Callable) -> None:
    net = write(LINEAR.format(width=65536), hardware=("jetson-nano-4gb",), inputs=(((1, 65536), "float32"),))
    (finding,) = found(net, "GP602")
    assert "The weights alone are too many" in finding.message


def test_weights_stream_where_they_do_not_fit_and_that_takes_time(write: Callable) -> None:
    kpu = {"hardware": ("kpu-t256",), "mode": "kpu", "precision": Precision.INT8}
    spilling = write(LINEAR.format(width=16384), inputs=(((1, 16384), "float32"),), **kpu)
    (finding,) = found(spilling, "GP604")
    assert "268 MB of weights do not fit into the 33.6 MB" in finding.message
    assert found(write(LINEAR.format(width=4096), inputs=(((1, 4096), "float32"),), **kpu), "GP604") == []
    # The same stream beside two thousand rows of arithmetic is a small part of the latency.
    assert found(write(LINEAR.format(width=16384), inputs=(((32768, 16384), "float32"),), **kpu), "GP604") == []


@pytest.mark.parametrize(
    ("device", "precision", "instead"),
    [
        ("xeon-8490h", Precision.FP16, "In bf16"),
        ("t4-16gb", Precision.TF32, "In fp16"),
        ("xeon-8490h", Precision.BF16, None),
        ("t4-16gb", Precision.FP32, None),  # what was asked for
        ("gtx-1080-ti", Precision.FP16, None),  # no matrix units at all
        ("a100-sxm4-40gb", Precision.TF32, None),
    ],
)
def test_products_on_other_units_than_meant(
    write: Callable, device: str, precision: Precision, instead: str | None
) -> None:
    net = write(LINEAR.format(width=4096), hardware=(device,), precision=precision, inputs=(((512, 4096), "float32"),))
    messages = [finding.message for finding in found(net, "GP605")]
    assert len(messages) == (instead is not None)
    assert all(str(instead) in message for message in messages)


def test_attention_that_is_not_causal_keeps_nothing(write: Callable) -> None:
    text = """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.qkv = nn.Linear(1024, 3072)

            def forward(self, x):
                q, k, v = (t.unflatten(-1, (16, 64)).transpose(1, 2) for t in self.qkv(x).chunk(3, -1))
                return F.scaled_dot_product_attention(q, k, v, is_causal={causal})
    """
    small = {"hardware": ("jetson-nano-4gb",), "inputs": (((64, 4096, 1024), "float32"),)}
    assert len(found(write(text.format(causal=True), **small), "GP607")) == 1
    assert found(write(text.format(causal=False), **small), "GP607") == []
