"""Which input a model runs with, and where the figures say it came from."""

from collections.abc import Callable

import pytest

LAYER = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = {layer}

    def forward(self, x):
        return self.first(x)
"""


@pytest.mark.parametrize(
    ("layer", "shape", "dtype"),
    [
        ("nn.Conv2d(3, 8, 3)", (1, 3, 224, 224), "float32"),
        ("nn.Conv2d(1, 8, 3)", (1, 1, 224, 224), "float32"),
        ("nn.Conv1d(2, 8, 3)", (1, 2, 16000), "float32"),
        ("nn.Linear(17, 8)", (1, 17), "float32"),
        ("nn.Embedding(100, 8)", (1, 128), "int64"),
        ("nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(5, 2)))", (1, 5), "float32"),
    ],
)
def test_the_first_layer_decides(write: Callable, layer: str, shape: tuple[int, ...], dtype: str) -> None:
    net = write(LAYER.format(layer=layer))
    (spec,) = net.graph.inputs
    assert (spec.shape, spec.dtype, spec.name) == (shape, dtype, "x")
    assert spec.origin.startswith("assumed from first")


def test_batch_replaces_the_first_dimension(write: Callable) -> None:
    source = LAYER.format(layer="nn.Linear(17, 8)")
    assert write(source, batch=6).graph.inputs[0].shape == (6, 17)
    assert write(source, batch=6, inputs=(((2, 17), "float32"),)).graph.inputs[0].shape == (6, 17)
    assert write(source, inputs=(((2, 17), "float32"),)).graph.inputs[0].shape == (2, 17)


def test_given_goes_before_the_directive_and_that_before_assumptions(write: Callable) -> None:
    source = "# graphperf: input=(3, 17) dtype=float16\n" + LAYER.format(layer="nn.Linear(17, 8).half()").lstrip()
    net = write(source)
    (spec,) = net.graph.inputs
    assert (spec.shape, spec.dtype, spec.origin) == ((3, 17), "float16", f"directive on line {net.line('# graphperf')}")
    (spec,) = write(source, inputs=(((5, 17), "float16"),)).graph.inputs
    assert (spec.shape, spec.origin) == ((5, 17), "given")


def test_a_directive_sets_autocast(write: Callable) -> None:
    source = "# graphperf: precision=amp-fp16\nclass Net(nn.Module):\n    def forward(self, x):\n        return x + x\n"
    (result,) = write(source, inputs=(((2, 4), "float32"),)).analysis.results
    assert [evaluation.question.precision.value for evaluation in result.evaluations] == ["amp"]


def test_a_directive_sets_device_precision_and_mode(write: Callable) -> None:
    source = "# graphperf: hardware=a100-sxm4-80gb,rtx-3090 precision=fp16 mode=ideal\n"
    evaluations = write(source + LAYER.format(layer="nn.Linear(17, 8)").lstrip()).analysis.results[0].evaluations
    questions = [evaluation.question for evaluation in evaluations]
    assert [question.device.id for question in questions] == ["a100-sxm4-80gb", "rtx-3090"]
    assert {(question.precision.value, question.mode) for question in questions} == {("fp16", "ideal")}


def test_a_directive_sets_the_batch(write: Callable) -> None:
    source = "# graphperf: batch=6\n" + LAYER.format(layer="nn.Linear(17, 8)").lstrip()
    assert write(source).graph.inputs[0].shape == (6, 17)


def test_several_inputs(write: Callable) -> None:
    source = """
        # graphperf: input=[(2, 8), (2, 4)] dtype=(float32,int64)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 8)
                self.table = nn.Embedding(10, 8)

            def forward(self, x, tokens, flag=True):
                return self.fc(x)[:, None] + self.table(tokens)
    """
    net = write(source)
    assert [(spec.shape, spec.dtype) for spec in net.graph.inputs] == [((2, 8), "float32"), ((2, 4), "int64")]
    assert len(net.graph.input_tensors) == 2
    assert net.graph.tensors[net.graph.output_tensors[0]].shape == (2, 4, 8)


def test_a_part_without_constructor_arguments_runs_inside_its_model_only(write: Callable) -> None:
    net = write("""
        class Block(nn.Module):
            def __init__(self, n=8):
                super().__init__()
                self.fc = nn.Linear(n, n)

            def forward(self, x):
                return self.fc(x)

        class Unused(Block): pass

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.block = Block()

            def forward(self, x):
                return self.block(x)
    """)
    assert [result.graph.model for result in net.analysis.results] == ["Unused", "Net"]
    assert net.analysis.results[1].graph.contains == ("Block", "Net")
