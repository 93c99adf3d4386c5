"""2xx: where the rules about utilization are silent, and what they count."""

from collections.abc import Callable

import pytest

from graphperf.analysis.rules.loops import loops
from graphperf.analysis.rules.waits import lost_lead, waits
from graphperf.hardware_profiles import Precision

H100 = {"hardware": ("h100-sxm5-80gb",)}
LAUNCHES = """
    # graphperf: input=(1, 64)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(*[nn.Linear(64, 64) for _ in range(16)])

        def forward(self, x):
            return self.layers(x){wait}
"""


def test_no_cuda_graph_is_offered_where_the_host_waits(said: Callable) -> None:
    (plain,) = said("GP201", LAUNCHES.format(wait=""), **H100)
    (waiting,) = said("GP201", LAUNCHES.format(wait=".sum().item()"), **H100)
    assert "CUDA graphs" in plain.message
    assert "CUDA graphs" not in waiting.message
    assert "torch.compile, whose graph breaks 1 time, at most: latency −" in waiting.message
    assert (plain.severity, waiting.severity) == ("warning", "information")


@pytest.mark.parametrize("options", [{"hardware": ("epyc-9654",)}, {"hardware": ("tpu-v5e",), "mode": "xla"}])
def test_launches_bound_gpus(said: Callable, options: dict) -> None:
    assert said("GP201", LAUNCHES.format(wait=""), **options) == []


def test_a_block_that_runs_alone_is_no_launch_bound_model(said: Callable) -> None:
    assert said("GP201", """
        # graphperf: input=(1, 64)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(64, 64)

            def forward(self, x):
                return torch.exp(torch.relu(self.fc(x)))
    """, **H100) == []  # fmt: skip


def test_a_loop_over_layers_is_how_models_are_built(said: Callable) -> None:
    source = """
        # graphperf: input=(1, 64)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([nn.Linear(64, 64) for _ in range(16)])

            def forward(self, x):
                for layer in self.layers:
                    x = torch.relu(layer(x))
                return x
    """
    assert said("GP202", source, **H100) == []


def test_a_loop_that_needs_neither_input_nor_weights_is_computed_once(said: Callable, write: Callable) -> None:
    source = """
        # graphperf: input=(1, 64, 64)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(64, 64)

            def forward(self, x):
                mask = x.new_zeros(64, 64)
                for i in range(16):
                    mask[4 * i : 4 * i + 4] = i  # fill
                return self.fc(x) + mask
    """
    (finding,) = said("GP202", source, **H100)
    assert finding.line == write(source).line("# fill")
    assert "Nothing in it depends on the input or the weights; computed once and kept: latency −" in finding.message


def test_a_short_loop_is_none(write: Callable) -> None:
    source = """
        # graphperf: input=(1, {steps}, 64)
        class Net(nn.Module):
            def forward(self, x):
                h = x[:, 0]
                for t in range(x.shape[1]):  # loop
                    h = torch.tanh(h + x[:, t])  # first
                    h = h * 2
                return h
    """
    assert loops(write(source.format(steps=7)).graph) == []
    net = write(source.format(steps=8))
    (loop,) = loops(net.graph)
    assert (loop.place.line, len(loop.runs)) == (net.line("# first"), 8)
    assert [len(run) for run in loop.runs] == [3] * 8
    assert loop.alike
    assert not loop.independent


def test_a_length_from_shapes_is_known_to_the_host(write: Callable) -> None:
    net = write("""
        # graphperf: input=(1, 64)
        class Net(nn.Module):
            def forward(self, x):
                n = torch.arange(4).max().item()
                return x[:, :n] if torch.tensor(3).item() > 2 else x
    """)
    assert waits(net.graph) == []


def test_what_the_host_waits_for(write: Callable) -> None:
    net = write("""
        # graphperf: input=(1, 64)
        class Net(nn.Module):
            def forward(self, x):
                y = x[x > 0]
                if x.sum() > 0:
                    y = y + 1
                x = x.masked_fill(x > 3, 0)
                return y, torch.where(x > 0, x, -x), x.max().item()
    """)
    assert [operator.kind for operator in waits(net.graph)] == ["index", "local_scalar_dense", "local_scalar_dense"]


def test_a_wait_costs_the_lead_of_the_host(write: Callable) -> None:
    """Of twenty equal kernels, where host and device take about as long, two halves take longer than the whole."""
    net = write("""
        # graphperf: input=(2048, 1024)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(*[nn.ReLU() for _ in range(20)])

            def forward(self, x):
                return self.layers(x)
    """, **H100)  # fmt: skip
    assert lost_lead(net.evaluation, []) == pytest.approx(0.0, abs=1e-12)
    assert lost_lead(net.evaluation, [19]) == pytest.approx(0.0, abs=1e-12)
    # Alike kernels: each half takes half of the time of all, so nothing is lost either.
    assert lost_lead(net.evaluation, [9]) == pytest.approx(0.0, abs=1e-12)


def test_a_wait_between_short_and_long_kernels_costs_time(write: Callable) -> None:
    net = write("""
        # graphperf: input=(4096, 4096)
        class Net(nn.Module):
            def forward(self, x):
                y = torch.exp(torch.exp(torch.exp(torch.exp(x))))
                z = y[:1]
                for _ in range(30):
                    z = torch.exp(z)
                return y, z
    """, **H100)  # fmt: skip
    times = net.evaluation.totals.times
    lost = lost_lead(net.evaluation, [3])
    # While the device runs four long kernels the host gets ahead of thirty short ones; a wait in between ends that.
    assert 0.05 * float(times.seconds.sum()) < lost < float(times.seconds.sum())


def test_a_wait_at_the_end_of_a_busy_model_costs_nothing(said: Callable) -> None:
    source = """
        # graphperf: input=(8192, 4096)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(*[nn.Linear(4096, 4096) for _ in range(8)])

            def forward(self, x):
                x = self.layers(x)
                return x, x.sum().item()
    """
    assert said("GP207", source, **H100) == []


def test_a_wait_in_another_module_says_how_a_run_gets_there(said: Callable) -> None:
    source = """
        class Gate(nn.Module):
            def forward(self, x):
                if x.abs().max() > 100:  # waits
                    x = x / 100
                return x


        # graphperf: input=(1, 128, 256)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([nn.Linear(256, 256) for _ in range(12)])
                self.gate = Gate()

            def forward(self, x):
                for layer in self.layers:
                    x = self.gate(layer(x))  # calls
                return x
    """
    (found,) = said("GP207", source, **H100)
    lines = source.splitlines()
    places = [next(n for n, line in enumerate(lines) if mark in line) for mark in ("# calls", "# waits")]
    assert [call.message for call in found.calls] == ["called from here", "the host waits here"]
    assert found.calls[1].line == found.line
    assert found.calls[1].line - found.calls[0].line == places[1] - places[0]


def test_even_rounds_and_cores_have_no_tail(said: Callable) -> None:
    source = """
        # graphperf: input=(2304, 4096)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4096, 1280)

            def forward(self, x):
                return self.fc(x)
    """
    assert said("GP204", source, hardware=("epyc-9654",)) == []


DEPTHWISE = """
    # graphperf: input=(32, 96, 56, 56)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.mix = nn.Conv2d(96, 96, {window}, padding={window} // 2, groups=96)
            self.up = nn.Conv2d(96, 384, 1)

        def forward(self, x):
            return self.up(self.mix(x))
"""


def test_depthwise_convolutions_that_memory_bounds_save_what_they_promise(said: Callable) -> None:
    options = {"hardware": ("jetson-agx-orin-64gb",), "precision": Precision.FP16, "mode": "compiled"}
    assert said("GP205", DEPTHWISE.format(window=3), **options) == []


def test_a_device_that_is_launched_for_is_not_called_empty(said: Callable) -> None:
    assert said("GP206", LAUNCHES.format(wait=""), **H100) == []
