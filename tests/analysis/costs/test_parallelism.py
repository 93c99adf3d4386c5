"""Independent results by axis, and the terms of each."""

import pytest

from graphperf.analysis.costs import Parallelism, costs_of, parallelism_of


def _of_layers(written, *kinds: str) -> list[Parallelism]:
    graph, costs = written.graph, costs_of(written.graph)
    return [parallelism_of(o, costs[o.id], graph) for o in graph.operators if o.kind in kinds]


def test_convolutions_dense_grouped_depthwise_and_transposed(write) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.dense = nn.Conv2d(16, 32, 3, padding=1)
                self.grouped = nn.Conv2d(32, 64, 3, padding=1, groups=4)
                self.depthwise = nn.Conv2d(64, 64, 5, padding=2, groups=64)
                self.up = nn.ConvTranspose2d(64, 8, 2, stride=2)

            def forward(self, x):
                return self.up(self.depthwise(self.grouped(self.dense(x))))
    """, inputs=(((2, 16, 10, 12), None),))  # fmt: skip
    dense, grouped, depthwise = _of_layers(net, "conv2d")
    assert dense == Parallelism(batch=2, channel=32, spatial=120, reduction=16 * 9)
    assert grouped == Parallelism(batch=2, channel=64, spatial=120, reduction=8 * 9)
    assert depthwise == Parallelism(batch=2, channel=64, spatial=120, reduction=25)
    (up,) = _of_layers(net, "conv_transpose2d")
    assert up == Parallelism(batch=2, channel=8, spatial=480, reduction=64)
    assert up.threads == 2 * 8 * 480


def test_sequences_attention_and_rows(write) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.qkv, self.norm = nn.Linear(64, 192), nn.LayerNorm(64)

            def forward(self, x):
                q, k, v = self.qkv(self.norm(x)).view(2, 50, 3, 4, 16).permute(2, 0, 3, 1, 4)
                return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2).softmax(-1).mean(1)
    """, inputs=(((2, 50, 64), None),))  # fmt: skip
    assert _of_layers(net, "linear") == [Parallelism(2, 192, 50, 64)]
    assert _of_layers(net, "layer_norm") == [Parallelism(2, 64, 50, 64)]
    assert _of_layers(net, "scaled_dot_product_attention") == [Parallelism(2, 64, 50, 2 * 50)]
    assert _of_layers(net, "softmax") == [Parallelism(2, 64, 50, 64)]
    assert _of_layers(net, "mean") == [Parallelism(2, 64, 1, 50)]


def test_batch_norms_that_take_statistics_combine_what_a_channel_holds(write) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.stored, self.taken = nn.BatchNorm2d(8), nn.BatchNorm2d(8, track_running_stats=False)

            def forward(self, x):
                return self.taken(self.stored(x))
    """, inputs=(((2, 8, 5, 5), None),))  # fmt: skip
    assert _of_layers(net, "batch_norm") == [Parallelism(2, 8, 25, 1), Parallelism(2, 8, 25, 50)]
    assert [costs_of(net.graph)[o.id].family for o in net.graph.operators] == ["pointwise", "normalization"]


@pytest.mark.parametrize("batch_first", [True, False])
def test_time_steps_wait_for_each_other(write, batch_first: bool) -> None:
    shape = (3, 20, 8) if batch_first else (20, 3, 8)
    net = write(f"""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.LSTM(8, 16, batch_first={batch_first})

            def forward(self, x):
                return self.rnn(x)[0]
    """, inputs=((shape, None),))  # fmt: skip
    assert _of_layers(net, "lstm") == [Parallelism(3, 16, 1, 4 * (8 + 16))]


def test_pools_and_channels_of_images(sketch) -> None:
    x = sketch.tensor(2, 8, 6, 6)
    y = sketch.add("relu", [x], (2, 8, 6, 6))
    z = sketch.add("view", [y], (2, 288), view=True)
    graph = sketch.graph(z)
    costs = costs_of(graph)
    found = [parallelism_of(operator, costs[operator.id], graph) for operator in graph.operators]
    assert found == [Parallelism(2, 8, 36, 1), Parallelism()]


@pytest.mark.slow
def test_threads_never_exceed_the_results_of_real_models(zoo) -> None:
    for name in ("mobilenet_v3_large", "vit_b_16", "swin_t"):
        graph = zoo.graph(name)
        for operator, cost in zip(graph.operators, costs_of(graph), strict=True):
            found = parallelism_of(operator, cost, graph)
            assert 1 <= found.threads <= max(1, graph.tensors[operator.outputs[0]].elements)
            if cost.gemm is not None and cost.family in ("convolution", "matmul"):
                assert found.threads * found.reduction == pytest.approx(cost.macs, rel=1e-9)
