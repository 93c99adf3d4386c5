"""The texts at the end of a line, above a class and in a hover, word by word."""

from collections.abc import Callable

import pytest

from graphperf.analysis.estimate import Question, evaluate
from graphperf.analysis.numerics import Autocast
from graphperf.analysis.report import units
from graphperf.analysis.report.hints import HintStyle, device_title, input_hint, line_hint, styled_hint, totals_text
from graphperf.analysis.report.hover import hover_lines
from graphperf.analysis.report.lines import line_summaries
from graphperf.hardware_profiles import Precision, profile

NET = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 64, 7, 2, 3)  # conv
            self.bn = nn.BatchNorm2d(64)  # bn
            self.layers = nn.ModuleList([nn.Conv2d(64, 64, 3, padding=1) for _ in range(2)])  # layers
            self.fc = nn.Linear(64, 10)  # fc

        def forward(self, x):  # forward
            x = F.relu(self.bn(self.conv(x)))  # first
            for layer in self.layers:
                x = layer(x)  # loop
            x = x.mean((2, 3))
            x = x.view(-1, 64)  # view
            return self.fc(x)
"""


def percent(text: str) -> str:
    """The figures of the estimate as stars: what they are is the estimator's business."""
    import re

    return re.sub(r"[0-9.]+ %", "* %", text)


def test_under_autocast_a_hover_names_what_each_kernel_of_the_line_computes_in(write: Callable) -> None:
    net = write(NET, precision=Autocast.FP16)
    shown = {part: hover_lines(net.evaluation, net.summary(part))[1] for part in ("# conv", "# bn", "# loop", "# view")}
    assert shown == {
        "# conv": "1×3×224×224 → 1×64×112×112, amp: fp32, fp16",
        "# bn": "1×64×112×112 → 1×64×112×112, amp: fp16",
        "# loop": "1×64×112×112 → 1×64×112×112, amp: fp32, fp16",
        "# view": "1×64 → 1×64, amp",
    }
    assert line_hint(net.evaluation, net.summary("# loop")).text.startswith("×2 · 64×112×112")


def test_casts_do_not_change_how_often_a_line_ran(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.w = nn.Parameter(torch.ones(64, 64))
            def forward(self, x):
                for _ in range(3):
                    x = x @ self.w  # loop
                return x
    """, inputs=(((4, 64), "float32"),), precision=Autocast.FP16)  # fmt: skip
    assert net.summary("# loop").count == 3


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("# conv", "64×112×112 · * % · compute"),
        ("# bn", "64×112×112"),
        ("# layers", "64×112×112 · * % · compute"),
        ("# first", "64×112×112 · * % · compute"),
        ("# loop", "×2 · 64×112×112 · * % · compute"),
        ("# view", "1×64"),
        ("# fc", "1×10 · * % · launch · fills 2 of 132 SMs"),
    ],
)
def test_line_hints(write: Callable, fragment: str, text: str) -> None:
    net = write(NET, mode="ideal", precision=Precision.FP16)
    hint = line_hint(net.evaluation, net.summary(fragment))
    assert hint.line == net.line(fragment)
    assert percent(hint.text) == text


def test_a_norm_that_is_not_folded_is_fused(write: Callable) -> None:
    net = write(NET, mode="xla", hardware=("tpu-v4",), precision=Precision.BF16)
    assert line_hint(net.evaluation, net.summary("# bn")).text == "fused into conv"


@pytest.mark.parametrize(
    ("style", "fragment", "text"),
    [
        (HintStyle(), "# conv", "64×112×112 · * % · compute"),
        (HintStyle(shapes=False), "# conv", "* % · compute"),
        (HintStyle(shapes=False), "# loop", "×2 · * % · compute"),
        (HintStyle(shapes=False), "# bn", None),
        (HintStyle(shapes=False), "# view", None),
        (HintStyle(shares=False), "# fc", "1×10"),
        (HintStyle(forward_lines=False), "# first", None),
        (HintStyle(forward_lines=False), "# fc", "1×10 · * % · launch · fills 2 of 132 SMs"),
        (HintStyle(least_share=0.01), "# view", None),
        (HintStyle(most_characters=10), "# conv", "64×112×11…"),
        (HintStyle(most_characters=13), "# conv", "64×112×112…"),
    ],
)
def test_styles_of_hints(write: Callable, style: HintStyle, fragment: str, text: str | None) -> None:
    net = write(NET, mode="ideal", precision=Precision.FP16)
    hint = styled_hint(net.evaluation, net.summary(fragment), style)
    assert (hint and percent(hint.text)) == text


@pytest.mark.parametrize(("quantity", "name"), [("latency", "the latency"), ("energy", "the energy"), ("edp", "EDP")])
def test_shares_of_what_the_user_looks_at(write: Callable, quantity, name) -> None:
    net = write(NET)
    evaluation, fc = net.evaluation, net.summary("# fc")
    share = {"latency": fc.latency_s / evaluation.latency.value, "energy": fc.energy_j / evaluation.energy.value}
    expected = units.percent(share.get(quantity, fc.edp_share))
    assert f"1×10 · {expected} · " in line_hint(evaluation, fc, HintStyle(quantity=quantity)).text
    assert hover_lines(evaluation, fc, (), quantity)[0].endswith(f" · {expected} of {name}")


def test_totals_against_those_before(write: Callable) -> None:
    net = write(NET)
    other = evaluate(net.graph, Question(profile("h100-sxm5-80gb"), Precision.FP16, "compiled"))
    assert totals_text(net.evaluation, net.evaluation) == totals_text(net.evaluation)
    latency, energy, edp = totals_text(other, net.evaluation).split(" · ")
    assert latency.endswith(f" ({units.difference(net.evaluation.latency.value, other.latency.value)})")
    assert "(−" in latency
    assert "(−" in energy
    assert "(−" in edp


def test_every_line_of_the_class_once_and_in_order(write: Callable) -> None:
    net = write(NET)
    lines = [s.line for s in line_summaries(net.evaluation, str(net.path), net.analysis.discovery.classes)]
    assert lines == sorted(set(lines))
    assert len(lines) == 9


def test_titles(write: Callable) -> None:
    net = write(NET, mode="compiled", precision=Precision.FP16, batch=2)
    assert device_title(net.evaluation) == "NVIDIA H100 SXM5 80GB · fp16 · batch 2 · compiled"
    assert input_hint(net.graph, 12).text == "x: 2×3×224×224 (assumed from conv)"
    latency, energy, edp, bound = totals_text(net.evaluation).split(" · ")
    assert latency.endswith("µs")
    assert energy.endswith("mJ")
    assert edp.startswith("EDP ")
    assert edp.endswith("J·s")
    assert bound.endswith("of the time")


def test_a_hover_on_a_fused_convolution(write: Callable) -> None:
    net = write(NET, mode="ideal", precision=Precision.FP16)
    other = evaluate(net.graph, Question(profile("rtx-3090"), Precision.FP16, "ideal"))
    lines = hover_lines(net.evaluation, net.summary("# conv"), [other])
    assert percent(lines[0]) == "conv · Conv2d (3, 64, kernel_size=(7, 7), stride=(2, 2), padding=(3, 3)) · * % of EDP"
    assert lines[1] == "1×3×224×224 → 1×64×112×112, fp16"
    assert lines[2] == "118 MMAC · 1.93 MB moved · 123 FLOP/byte, ridge 295"
    assert lines[3].startswith("latency ")
    assert lines[3].endswith("% static")
    assert lines[4] == "compute-bound · 196 pieces of work on 132 SMs: one wave, 88 % filled, 62 % of that padding"
    assert lines[5].startswith("one kernel with bn, relu: saves 3.21 MB")
    assert lines[6].startswith("NVIDIA GeForce RTX 3090 ") or "3090" in lines[6]
    assert lines[-1].endswith("input 1×3×224×224 assumed from conv")
    assert not any("!" in line or "|" in line for line in lines)


@pytest.mark.parametrize("fragment", ["# view", "# first", "# loop", "# bn", "# layers"])
def test_every_hover_has_text_and_no_nonsense(write: Callable, fragment: str) -> None:
    net = write(NET)
    lines = hover_lines(net.evaluation, net.summary(fragment))
    assert len(lines) >= 3
    assert all(lines)
    assert not any(word in line for line in lines for word in ("None", "nan", "inf", " 0 kernels"))


def test_a_model_of_views_only(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def forward(self, x):
                return x.view(-1)  # view
    """, inputs=(((2, 8), "float32"),))  # fmt: skip
    assert net.evaluation.latency.value == 0
    assert line_hint(net.evaluation, net.summary("# view")).text == "16"
    assert hover_lines(net.evaluation, net.summary("# view"))
    assert totals_text(net.evaluation).startswith("0 s · 0 J · EDP 0 J·s")


def test_the_shape_of_a_linear_layer_before_another(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a = nn.Linear(8, 6)  # a
                self.b = nn.Linear(6, 4)

            def forward(self, x):
                return self.b(self.a(x))
    """, inputs=(((2, 5, 8), "float32"),))  # fmt: skip
    assert line_hint(net.evaluation, net.summary("# a")).text.startswith("5×6 ")
