"""What each rule reports, where, and in which words."""

import re
from collections.abc import Callable

import pytest

from graphperf.analysis.discovery import discover
from graphperf.analysis.finding import SEVERITIES
from graphperf.analysis.pipeline import Analysis, Problem
from graphperf.analysis.rules import RULES, judge, rule_for
from graphperf.hardware_profiles import Precision

WIDE = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(3, 256, 3, padding=1)
            self.act = nn.ReLU()  # act
            self.norm = nn.BatchNorm2d(256)  # norm

        def forward(self, x):
            x = self.act(self.first(x))
            return torch.exp(self.norm(x))  # exp
"""
FEW_ROWS = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(*[nn.Conv2d(512, 512, 3, padding=1) for i in range(4)])  # all
            self.last = nn.Conv2d(512, 512, 3, padding=1)  # last

        def forward(self, x):
            return self.last(self.layers(x))
"""
CPU = {"inputs": (((1, 512, 7, 7), "float32"),), "hardware": ("epyc-9654",)}


def test_every_rule_is_documented() -> None:
    assert [rule.code for rule in RULES] == sorted({rule.code for rule in RULES})
    for rule in RULES:
        assert re.fullmatch(r"GP\d{3}", rule.code)
        assert re.fullmatch(r"[a-z]+[0-9]*(-[a-z]+[0-9]*)*", rule.name)
        assert rule.summary.endswith(".")
        assert rule.severity in SEVERITIES
        for text in (rule.rationale, rule.helps, rule.exceptions):
            assert text.endswith(".")
        assert rule_for(rule.code) is rule_for(rule.name) is rule
    assert rule_for("GP000") is None


def test_memory_bound_layers_at_the_lines_that_construct_or_run_them(write: Callable) -> None:
    net = write(WIDE, batch=64, hardware=("h100-sxm5-80gb",))
    found = [finding for finding in judge(net.analysis) if finding.code == "GP101"]
    (finding,) = found
    places = {finding.line, *(related.line for related in finding.related)}
    assert places == {net.line("# act"), net.line("# norm"), net.line("# exp")}
    assert (finding.file, finding.severity, finding.hardware) == (str(net.path), "warning", "h100-sxm5-80gb")
    assert finding.share >= 0.05
    assert re.search(r"^\w+( \(\w+\))?: memory-bound on NVIDIA H100 SXM5 80GB, \d+(\.\d)? % of EDP\. ", finding.message)
    assert re.search(r"It moves [\d.]+ GB in [\d.]+ ms at [\d.]+ FLOP/byte; the ridge is \d+\. ", finding.message)
    assert "torch.compile would fuse it with its neighbours: latency −" in finding.message
    assert finding.gain is not None
    assert finding.gain.edp >= 0.05


@pytest.mark.parametrize(
    ("mode", "precision", "advice"),
    [
        ("eager", Precision.FP32, "torch.compile would fuse it with its neighbours: "),
        (
            "compiled",
            Precision.FP16,
            "A compiler that ends convolutions and matmuls with such chains would remove this pass.",
        ),
    ],
)
def test_the_advice_fits_the_question(write: Callable, mode: str, precision: Precision, advice: str) -> None:
    net = write(WIDE, batch=64, mode=mode, precision=precision)
    messages = [finding.message for finding in judge(net.analysis) if finding.code == "GP101"]
    assert any(advice in message for message in messages)


def test_layers_that_nothing_is_predicted_for_are_hints(write: Callable) -> None:
    net = write(WIDE, batch=64, mode="compiled")
    assert {finding.severity for finding in judge(net.analysis) if finding.code == "GP101"} == {"hint"}


def test_where_launches_take_the_time_no_layer_is_named(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(*[nn.ReLU() for _ in range(60)])
                self.head = nn.Linear(8192, 8192)

            def forward(self, x):
                return self.head(self.layers(x))
    """, inputs=(((1, 8192), "float32"),), hardware=("h100-sxm5-80gb",))  # fmt: skip
    (head,) = [found for found in net.evaluation.subgraphs if found.bottleneck == "memory"]
    assert head.edp_share >= 0.05
    assert {"GP101", "GP201"} & {finding.code for finding in judge(net.analysis)} == {"GP201"}


def test_weights_that_are_read_once_want_a_larger_batch(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8192, 8192)

            def forward(self, x):
                return self.fc(x)
    """, precision=Precision.FP16)  # fmt: skip
    (message,) = [finding.message for finding in judge(net.analysis) if finding.code == "GP101"]
    assert message.endswith("Weights are 100 % of the traffic: a larger batch would reuse them.")


def test_a_poorly_filled_layer(write: Callable) -> None:
    net = write(FEW_ROWS, **CPU)
    (most,) = [finding for finding in judge(net.analysis) if finding.code == "GP203"]
    assert (most.line, most.severity) == (net.line("# all"), "information")
    match = re.match(
        r"layers\.\d \(conv2d\) and 3 more from this line: fills (\d+) of 96 cores \((\d+(\.\d)?) % over 1 wave\), ",
        most.message,
    )
    assert match is not None
    assert int(match[1]) < 48
    assert "times the batch would give every one of the cores work." in most.message


def test_repeated_layers_of_one_line_are_one_finding(write: Callable) -> None:
    net = write(FEW_ROWS, **CPU)
    at = [finding for finding in judge(net.analysis) if finding.line == net.line("# all")]
    assert {finding.code for finding in at} <= {"GP101", "GP203"}
    assert len(at) == len({finding.code for finding in at})
    assert any("more from this line" in finding.message for finding in at)


def test_at_most_three_lines_a_rule_model_and_device(write: Callable) -> None:
    layers = "".join(f"\n            self.l{i} = nn.Linear(8192, 8192)" for i in range(8))
    calls = "".join(f"\n            y = y + self.l{i}(x)" for i in range(8))
    net = write(f"""
    class Net(nn.Module):
        def __init__(self):
            super().__init__(){layers}

        def forward(self, x):
            y = 0{calls}
            return y
    """, inputs=(((1, 8192), "float32"),), hardware=("epyc-9654", "h100-sxm5-80gb"))  # fmt: skip
    found = judge(net.analysis)
    for device in ("epyc-9654", "h100-sxm5-80gb"):
        assert sum(finding.code == "GP101" and finding.hardware == device for finding in found) == 3
    assert found == tuple(sorted(found, key=lambda f: (f.file, f.line, f.code, f.hardware)))


def test_a_failed_capture_is_a_finding_at_its_line() -> None:
    analysis = Analysis(
        (), (Problem("m.py::Net", "forward", "bad", "m.py", 7), Problem("m.py", "syntax", "x", None, None))
    )
    first, second = judge(analysis)
    assert (second.code, second.message, second.file, second.line, second.severity) == (
        "GP901",
        "bad",
        "m.py",
        7,
        "warning",
    )
    assert (first.file, first.line) == ("m.py", 1)


def test_a_well_filled_compute_bound_model_has_no_findings(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8192, 8192)

            def forward(self, x):
                return self.fc(x)
    """, batch=8448, mode="ideal", precision=Precision.FP16)  # fmt: skip
    assert {finding.code for finding in judge(net.analysis)} == {"GP903"}  # the input is assumed


def test_a_comment_silences_a_rule_on_its_line(write: Callable) -> None:
    codes = [(f.code, f.line) for f in judge(write(WIDE, batch=64).analysis)]
    net = write(
        WIDE.replace("# norm", "# graphperf: ignore[GP101]").replace("# act", "# graphperf: ignore[GP203]"), batch=64
    )
    assert ("GP101", net.line("nn.BatchNorm2d")) in codes
    idle = ("GP904", net.line("# graphperf: ignore[GP203]"))
    left = [c for c in codes if c != ("GP101", net.line("nn.BatchNorm2d"))]
    assert sorted((f.code, f.line) for f in judge(net.analysis)) == sorted([*left, idle])


def test_comments_silence_findings_of_their_own_file_only() -> None:
    discovery = discover("\nclass Net(nn.Module): ...  # graphperf: ignore")
    problems = [Problem("m.py::Net", "import", "wrong", file, 2, "Net") for file in ("m.py", "blocks.py")]
    assert [f.file for f in judge(Analysis((), tuple(problems), discovery))] == ["blocks.py"]


def test_a_line_that_two_models_share_is_said_of_the_longer(write: Callable) -> None:
    net = write("""
        class Block(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(256, 256)

            def forward(self, x):
                x = self.fc(x)
                return x * torch.sigmoid(x)  # silu

        class Short(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(Block(), Block())

            def forward(self, x):
                return self.layers(x)

        class Long(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(Block(), Block(), Block())

            def forward(self, x):
                return self.layers(x)
    """, inputs=(((16, 256), "float32"),), hardware=("h100-sxm5-80gb",))  # fmt: skip
    assert {result.target.partition("::")[2] for result in net.analysis.results} == {"Short", "Long"}
    (finding,) = [finding for finding in judge(net.analysis) if finding.code == "GP404"]
    assert (finding.line, finding.target.partition("::")[2]) == (net.line("# silu"), "Long")
