"""5xx: where energy is said to be concentrated, idle, moved or limited, and where not."""

from collections.abc import Callable

from graphperf.analysis.finding import Finding
from graphperf.analysis.fusion import Mode
from graphperf.analysis.rules import judge
from graphperf.hardware_profiles import Precision

CONVOLUTIONS = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(16, {first}, 5, padding=2)  # stem
            self.layers = nn.Sequential(*[nn.Conv2d({first}, {first}, 3, padding=1) for _ in range({layers})])  # layers

        def forward(self, x):
            x = self.stem(x)
            return self.layers(F.avg_pool2d(x, {pool}))
"""


def found(net: object, code: str) -> list[Finding]:
    return [finding for finding in judge(net.analysis) if finding.code == code]  # pyright: ignore[reportAttributeAccessIssue]


def _convolutions(write: Callable, *, layers: int = 24, pool: int = 1, size: int = 32, mode: Mode = "ideal") -> object:
    text = CONVOLUTIONS.format(first=256, layers=layers, pool=pool)
    return write(text, inputs=(((16, 16, size, size), "float32"),), mode=mode)


def test_hot_spots_stand_at_the_hottest_layer(write: Callable) -> None:
    net = _convolutions(write, pool=16, size=256)
    (finding,) = found(net, "GP501")
    assert finding.line == net.line("# stem")  # pyright: ignore[reportAttributeAccessIssue]
    assert finding.share > 0.5
    assert finding.message.startswith("1 of ")


def test_nothing_is_hot_among_equals_or_among_few(write: Callable) -> None:
    assert found(_convolutions(write), "GP501") == []
    assert found(_convolutions(write, layers=6, pool=16, size=256), "GP501") == []


def test_static_power_of_a_device_that_waits_for_launches_is_not_said_twice(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(*[nn.Linear(64, 64) for _ in range(30)])

            def forward(self, x):
                return self.layers(x)
    """, hardware=("h100-sxm5-80gb",), inputs=(((1, 64), "float32"),))  # fmt: skip
    totals = net.evaluation.totals
    assert totals.energies.static.sum() > 0.9 * totals.energy.value
    assert found(net, "GP502") == []


def test_the_heaviest_lines_of_traffic_are_named(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.small = nn.Linear(8192, 8192)  # small
                self.large = nn.Linear(8192, 32768)  # large

            def forward(self, x):
                return self.large(self.small(x).relu())
    """, hardware=("kpu-t256",), mode="kpu", precision=Precision.INT8, inputs=(((1, 8192), "float32"),))  # fmt: skip
    (finding,) = found(net, "GP503")
    assert finding.line == net.line("# large")
    assert [related.line for related in finding.related] == [net.line("# small")]


def test_a_limit_that_binds_little_is_not_said(write: Callable) -> None:
    text = """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8192, 8192)

            def forward(self, x):
                return self.fc(x)
    """
    loud = write(text, hardware=("a40-48gb",), precision=Precision.FP16, inputs=(((16384, 8192), "float32"),))
    quiet = write(text, hardware=("a40-48gb",), precision=Precision.FP16, inputs=(((64, 8192), "float32"),))
    assert loud.evaluation.totals.clock_share < 0.95
    assert len(found(loud, "GP504")) == 1
    assert quiet.evaluation.totals.clock_share > 0.95
    assert found(quiet, "GP504") == []
