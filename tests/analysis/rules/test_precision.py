"""3xx: where the rules about types and layouts are silent."""

from collections.abc import Callable

from graphperf.analysis.numerics import Autocast
from graphperf.hardware_profiles import Precision

GAMING = {"hardware": ("rtx-3090",)}


def test_a_norm_that_autocast_runs_in_fp32_needs_no_conversion_before_it(said: Callable) -> None:
    source = """
        # graphperf: input=(64, 256, 512)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.norm, self.last = nn.Linear(512, 512), nn.LayerNorm(512), nn.Linear(512, 512)

            def forward(self, x):
                return self.last(self.norm(self.first(x).float()))
    """
    assert said("GP301", source, precision=Autocast.FP16, **GAMING) == []


SCALED = """
    # graphperf: input=(32, 64, 56, 56)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(64, 64, 1)
            self.scale = nn.Parameter(torch.ones({shape}))

        def forward(self, x):
            x = self.conv(x) * self.scale  # scaled
            return torch.relu(x) + 1
"""


def test_a_parameter_with_dimensions_promotes_and_a_single_number_does_not(said: Callable, write: Callable) -> None:
    amp = {"precision": Autocast.FP16, **GAMING}
    (finding,) = said("GP301", SCALED.format(shape="64, 1, 1"), **amp)
    assert finding.line == write(SCALED.format(shape="64, 1, 1")).line("# scaled")
    assert finding.severity == "information"
    assert said("GP301", SCALED.format(shape="()"), **amp) == []
    assert said("GP301", SCALED.format(shape="64, 1, 1"), precision=Precision.FP16, **GAMING) == []


CHANNELS = """
    # graphperf: input=(64, {read}, 56, 56)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d({read}, {made}, 7, padding=3)
            self.convs = nn.Sequential(*[nn.Conv2d({made}, {made}, 7, padding=3) for _ in range({layers})])

        def forward(self, x):
            return self.convs(self.stem(x))
"""


def test_the_channels_of_the_input_are_given(said: Callable) -> None:
    half = {"precision": Precision.FP16, "mode": "compiled", **GAMING}
    assert said("GP302", CHANNELS.format(read=9, made=64, layers=0), **half) == []
    assert said("GP302", CHANNELS.format(read=9, made=64, layers=2), **half) == []
    (finding,) = said("GP302", CHANNELS.format(read=9, made=60, layers=2), **half)
    assert "60 channels read count as 64 and 60 channels made count as 64 on the tensor cores" in finding.message


def test_vector_units_take_any_number_of_channels(said: Callable) -> None:
    assert said("GP302", CHANNELS.format(read=9, made=60, layers=2), **GAMING) == []


def test_a_single_fp64_number_promotes_nothing(said: Callable) -> None:
    source = """
        # graphperf: input=(64, 256, 56, 56)
        class Net(nn.Module):
            def forward(self, x):
                return x * torch.tensor(2.0, dtype=torch.float64)
    """
    assert said("GP303", source, **GAMING) == []


def test_fp64_arithmetic_counts_at_its_own_rate(said: Callable, write: Callable) -> None:
    source = """
        # graphperf: input=(512, 1024)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.ones(1024, 1024, dtype=torch.float64))

            def forward(self, x):
                return (x.double() @ self.weight).float()  # double
    """
    (finding,) = said("GP303", source, **GAMING)
    assert finding.line == write(source).line("# double")
    assert "at a peak of 1/64 of FP32's on NVIDIA GeForce RTX 3090" in finding.message


BOUND = """
    # graphperf: input=(64, 256, 56, 56)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(256, 256, {window}, padding={window} // 2)

        def forward(self, x):
            return torch.relu(self.conv(x))
"""


def test_matrix_units_that_gain_little_are_not_missed(said: Callable) -> None:
    assert len(said("GP304", BOUND.format(window=5), **GAMING)) == 1
    assert said("GP304", BOUND.format(window=5), hardware=("gtx-1080-ti",)) == []  # it has none
    launches = BOUND.format(window=1).replace("(64, 256, 56, 56)", "(1, 256, 7, 7)")
    assert said("GP304", launches, **GAMING) == []


LAYOUT = """
    # graphperf: input=(64, 128, 56, 56)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.convs = nn.ModuleList([nn.Conv2d(128, 128, {window}, padding={window} // 2, groups={groups}) for _ in range(4)])
            self.ones = nn.ModuleList([nn.Conv2d(128, 128, 1) for _ in range(4)])

        def forward(self, x):
            for conv, one in zip(self.convs, self.ones):
                x = conv(one(x)){after}
            return x
"""


def test_channels_last_is_not_said_where_it_may_lose(said: Callable) -> None:
    half = {"precision": Precision.FP16, **GAMING}
    assert len(said("GP305", LAYOUT.format(window=1, groups=1, after=""), **half)) == 1
    assert said("GP305", LAYOUT.format(window=1, groups=1, after=""), mode="compiled", **half) == []
    assert said("GP305", LAYOUT.format(window=1, groups=1, after=""), **GAMING) == []
    assert said("GP305", LAYOUT.format(window=3, groups=32, after=""), **half) == []
    shuffled = ".view(64, 2, 64, 56, 56).transpose(1, 2).reshape(64, 128, 56, 56)"
    assert said("GP305", LAYOUT.format(window=1, groups=1, after=shuffled), **half) == []
