"""What a transformed graph keeps and what it adds."""

import dataclasses
from collections.abc import Callable

import pytest

from graphperf.analysis.autocast import with_casts
from graphperf.analysis.graph import Graph, Operator
from graphperf.hardware_profiles import Precision


def casts(graph: Graph) -> list[Operator]:
    return [operator for operator in graph.operators if operator.kind == "cast"]


def types(graph: Graph, kind: str) -> list[tuple[list[str], list[str]]]:
    """Types read and written by every operator of a kind."""
    found = [operator for operator in graph.operators if operator.kind == kind]
    return [([graph.tensors[t].dtype for t in o.inputs], [graph.tensors[t].dtype for t in o.outputs]) for o in found]


def test_a_layer_used_twice_is_cast_once(write: Callable) -> None:
    graph = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 8)
            def forward(self, x):
                return self.fc(self.fc(x))
    """).graph  # fmt: skip
    cast = with_casts(graph, "float16")
    assert [cast.tensors[operator.inputs[0]].role for operator in casts(cast)] == ["parameter", "input", "parameter"]
    assert types(cast, "linear") == [(["float16"] * 3, ["float16"])] * 2
    first, second = [operator for operator in cast.operators if operator.kind == "linear"]
    assert first.inputs[0] == second.inputs[0]
    assert first.inputs[2] == second.inputs[2]


def test_a_cast_stands_at_the_line_and_module_of_its_reader(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(3, 8, 3)
            def forward(self, x):
                return self.conv(x)
    """)  # fmt: skip
    cast = with_casts(net.graph, "bfloat16")
    (reader,) = net.graph.operators
    for number, operator in enumerate(casts(cast)):
        assert (operator.module, operator.call) == (reader.module, reader.call)
        assert [(p.file, p.line) for p in operator.source] == [(p.file, p.line) for p in reader.source]
        assert operator.name == ("conv.cast" if number == 0 else f"conv.cast#{number + 1}")
        assert (operator.target, operator.attribute("dtype")) == ("aten._to_copy.default", "torch.bfloat16")
    assert len(casts(cast)) == 3
    assert [operator.id for operator in cast.operators] == list(range(4))


def test_a_cast_is_what_a_capture_of_one_gives(write: Callable) -> None:
    graph = write("""
        class Net(nn.Module):
            def forward(self, x):
                return x.half() @ x.half().t()
    """, inputs=(((4, 8), "float32"),)).graph  # fmt: skip
    by_hand, _, product = [operator for operator in graph.operators if not operator.view]
    cast = casts(with_casts(graph, "bfloat16"))
    assert [operator.kind for operator in cast[:2]] == [by_hand.kind] * 2
    assert [operator.target for operator in cast[2:]] == [by_hand.target] * 2
    assert cast[2].attribute("dtype") == "torch.bfloat16"
    assert [place.line for place in cast[2].source] == [place.line for place in product.source]


def test_parts_of_a_parameter_and_buffers_are_cast_in_every_use(write: Callable) -> None:
    graph = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.w = nn.Parameter(torch.ones(8, 8))
                self.register_buffer("b", torch.ones(4, 4))
            def forward(self, x):
                return (x @ self.w[:4, :4] @ self.b) @ self.w[:4, :4] @ self.b
    """, inputs=(((2, 4), "float32"),)).graph  # fmt: skip
    assert len(casts(with_casts(graph, "float16"))) == 5


def test_memory_is_halved_where_results_are_half(write: Callable) -> None:
    graph = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 16, bias=False)
            def forward(self, x):
                return self.fc(x).relu_().view(4, 8).softmax(-1)
    """, inputs=(((2, 8), "float32"),)).graph  # fmt: skip
    cast = with_casts(graph, "float16")
    assert types(cast, "relu") == [(["float16"], ["float16"])]
    assert types(cast, "softmax") == [(["float16"], ["float32"])]
    linear = next(operator for operator in cast.operators if operator.kind == "linear")
    assert cast.storage_bytes[cast.tensors[linear.outputs[0]].storage] == 2 * 2 * 16
    assert cast.storage_bytes[cast.tensors[linear.inputs[0]].storage] == 2 * 2 * 8
    softmax = cast.operators[-1]
    assert cast.storage_bytes[cast.tensors[softmax.outputs[0]].storage] == 4 * 4 * 8


def test_a_conversion_that_did_nothing_in_fp32_is_free_without_autocast(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 8)
            def forward(self, x):
                y = self.fc(x)
                return y.float().sin().type_as(y)
    """, inputs=(((2, 8), "float32"),))  # fmt: skip
    assert [(o.kind, o.view) for o in net.graph.operators] == [
        ("linear", False), ("to", True), ("sin", False), ("to", True),
    ]  # fmt: skip
    cast = with_casts(net.graph, "float16")
    assert types(cast, "sin") == [(["float32"], ["float32"])]
    assert types(cast, "cast")[-2:] == [(["float16"], ["float32"]), (["float32"], ["float16"])]
    storages = [cast.tensors[t].storage for operator in cast.operators for t in operator.outputs]
    assert len(storages) == len(set(storages))
    assert cast.tensors[cast.output_tensors[0]].dtype == "float16"


@pytest.mark.parametrize("lower", ["float16", "bfloat16"])
def test_recurrent_layers_run_in_fp16_and_cast_their_weights_in_every_use(write: Callable, lower: str) -> None:
    """Read in AutocastRNN.cpp: cuDNN does not run without a GPU, so this cannot be compared with a real run."""
    graph = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.lstm = nn.LSTM(8, 16)
            def forward(self, x):
                y, _ = self.lstm(x)
                return self.lstm(y[..., :8])[0]
    """, inputs=(((5, 2, 8), "float32"),)).graph  # fmt: skip
    cast = with_casts(graph, lower)
    assert types(cast, "lstm") == [(["float16"] * 7, ["float16"] * 3)] * 2
    assert len(casts(cast)) == 7 + 6  # the second input is the first layer's result


def test_batch_norm_keeps_its_statistics_and_other_types_stay(write: Callable) -> None:
    graph = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv, self.bn = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
            def forward(self, x, n):
                y = self.bn(self.conv(x))
                return y.argmax(1), y.double(), (y > 0), n + 1
    """, inputs=(((1, 3, 8, 8), "float32"), ((2,), "int64"))).graph  # fmt: skip
    cast = with_casts(graph, "float16")
    ((reads, writes),) = types(cast, "batch_norm")
    assert reads == ["float16", "float32", "float32", "float32", "float32"]
    assert (writes[0], set(writes[1:])) == ("float16", {"float32"})
    assert [cast.tensors[t].dtype for t in cast.output_tensors] == ["int64", "float64", "bool", "int64"]


def test_peak_memory_holds_the_casts_of_parameters_until_the_end(zoo) -> None:
    full, amp, half = (zoo.evaluation("vgg16", precision=p).peak_memory_bytes for p in ("fp32", "amp", "fp16"))
    weights = 4 * zoo.graph("vgg16").parameters
    assert half < full < amp
    assert weights * 1.5 < amp < weights * 1.5 + (full - weights) + 1e6


def test_python_holds_a_result_as_long_among_casts(sketch) -> None:
    """Casts of the input, the weight, and of exp's argument: linear is the third operator, exp the fifth."""
    y = sketch.add("linear", {"input": sketch.tensor(4, 8), "weight": sketch.weight(8, 8)}, (4, 8))
    z = sketch.add("relu", [sketch.add("exp", [y], (4, 8))], (4, 8))
    for ran, later in ((1, 3), (2, 5), (3, 6)):
        cast = with_casts(dataclasses.replace(sketch.graph(z), held={y: ran}), "float16")
        assert [operator.kind for operator in cast.operators] == ["cast", "cast", "linear", "cast", "exp", "relu"]
        assert cast.held == {y: later}


@pytest.mark.parametrize("mode", ["eager", "compiled", "ideal"])
def test_each_kernel_computes_in_what_it_reads(zoo, mode: str) -> None:
    evaluation = zoo.evaluation("vit_b_16", mode, precision="amp-bf16", batch=64)
    norms = [part.precision for part in evaluation.subgraphs if "layer_norm" in part.subgraph.pattern.split("+")]
    assert set(norms) == {Precision.FP32}
    assert {part.precision for part in evaluation.subgraphs if part.kernel.macs} == {Precision.BF16}
    full = zoo.evaluation("vit_b_16", mode, precision="fp32", batch=64)
    half = zoo.evaluation("vit_b_16", mode, precision="bf16", batch=64)
    assert half.latency.value < evaluation.latency.value < full.latency.value


def test_the_parts_sum_to_the_whole(zoo) -> None:
    evaluation = zoo.evaluation("resnet18", "compiled", precision="amp")
    assert sum(evaluation.operator_shares) == pytest.approx(1, abs=1e-9)
    assert sum(part.latency_s for part in evaluation.subgraphs) == pytest.approx(evaluation.latency.value)
    assert evaluation.modelled == len(evaluation.graph.operators)
