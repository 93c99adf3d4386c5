"""Who produced what an operator reads: in-place writes, views, shared modules and weights, control flow."""

from collections.abc import Callable

import pytest

from graphperf.analysis.graph import Graph

SHAPE = (((2, 8), "float32"),)


@pytest.fixture
def forward(write: Callable) -> Callable[..., Graph]:
    """The graph of a module with the given constructor and `forward`."""

    def forward(body: str, init: str = "self.fc = nn.Linear(8, 8)", inputs: object = SHAPE) -> Graph:
        lines = "".join(f"        {line}\n" for line in body.splitlines())
        source = f"class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        {init}\n"
        return write(f"{source}    def forward(self, x):\n{lines}", inputs=inputs).graph

    return forward


def kinds(graph: Graph) -> list[str]:
    return [operator.kind for operator in graph.operators if not operator.view]


def ancestors(graph: Graph, kind: str) -> list[str]:
    """Kinds of the working operators that the last operator of this kind depends on, in order."""
    last = [operator.id for operator in graph.operators if operator.kind == kind][-1]
    found: set[int] = set()
    queue = [last]
    while queue:
        new = [p for p in graph.predecessors[queue.pop()] if p not in found]
        found.update(new)
        queue += new
    return [graph.operators[i].kind for i in sorted(found) if not graph.operators[i].view]


@pytest.mark.parametrize(
    ("body", "reader", "expected"),
    [
        ("x = self.fc(x)\nx[:, 0] += 1\nreturn x.sum()", "sum", ["linear", "add", "copy"]),
        ("y = self.fc(x)\nv = y[0]\nv.mul_(2)\nreturn torch.exp(y)", "exp", ["linear", "mul"]),
        ("y = self.fc(x)\nz = y.view(-1)\ny.relu_()\nreturn torch.exp(z)", "exp", ["linear", "relu"]),
        ("y = self.fc(x)\nF.relu(y, inplace=True)\nreturn torch.exp(y)", "exp", ["linear", "relu"]),
        ("y = x.relu_()\nreturn torch.exp(x)", "exp", ["relu"]),
        ("x += 1\nx *= 2\nx -= 3\nreturn torch.exp(x)", "exp", ["add", "mul", "sub"]),
        ("a, b = self.fc(x).split(4, 1)\na.add_(1)\nreturn torch.cat([a, b], 1)", "cat", ["linear", "add"]),
        ("out = torch.zeros(2, 8)\nout[:, 0] = x[:, 0]\nreturn torch.exp(out)", "exp", ["zeros", "copy"]),
        ("y = self.fc(x)\nx.zero_()\nreturn torch.exp(y)", "exp", ["linear"]),
        ("y = x.clone()\ny.relu_()\nreturn torch.exp(x)", "exp", []),
        ("y = self.fc(x)\nz = torch.empty_like(y)\nz.copy_(y)\nreturn torch.exp(z)", "exp", ["linear", "copy"]),
    ],
)  # fmt: skip
def test_a_reader_depends_on_the_last_writer(forward: Callable, body: str, reader: str, expected: list[str]) -> None:
    assert ancestors(forward(body), reader) == expected


def test_an_in_place_write_keeps_the_storage_and_makes_a_new_value(forward: Callable) -> None:
    graph = forward("y = self.fc(x)\ny.relu_()\nreturn y")
    linear, relu = graph.operators
    assert relu.inputs[0] in linear.outputs
    assert not set(relu.outputs) & set(linear.outputs)
    assert graph.tensors[relu.outputs[0]].storage == graph.tensors[relu.inputs[0]].storage
    assert graph.output_tensors[0] in relu.outputs


def test_an_in_place_activation_costs_the_same_as_one_that_is_not(forward: Callable) -> None:
    for inplace in ("True", "False"):
        graph = forward(f"return F.relu(self.fc(x), inplace={inplace})")
        assert kinds(graph) == ["linear", "relu"]


def test_a_shared_module_runs_twice_and_counts_once(forward: Callable) -> None:
    graph = forward("return self.b(self.a(x))", "self.a = nn.Linear(8, 8); self.b = self.a")
    assert [operator.name for operator in graph.operators] == ["a", "a#2"]
    assert graph.parameters == 72
    weights = [operator.input("mat2") for operator in graph.operators]
    assert len({graph.tensors[w].storage for w in weights if w is not None}) == 1


def test_shared_parameters_count_once(forward: Callable) -> None:
    init = "self.a = nn.Linear(8, 8); self.b = nn.Linear(8, 8); self.b.weight = self.a.weight"
    graph = forward("return self.b(self.a(x))", init)
    assert [operator.name for operator in graph.operators] == ["a", "b"]
    assert graph.parameters == 64 + 8 + 8


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if x.shape[0] == 2: return torch.exp(x)\nreturn torch.sin(x)", ["exp"]),
        ("if self.training: return torch.exp(x)\nreturn torch.sin(x)", ["sin"]),
        ("for i in range(x.size(0)): x = torch.exp(x)\nreturn x", ["exp", "exp"]),
        ("for size in torch.tensor([1, 2]).tolist(): x = torch.exp(x)\nreturn x", ["exp", "exp"]),
        ("n = 0\nwhile n < 3:\n    x, n = torch.exp(x), n + 1\nreturn x", ["exp"] * 3),
        ("return [torch.exp(row) for row in x.unbind(0)]", ["exp", "exp"]),
        ("return x.exp() if isinstance(x, torch.Tensor) and x.dim() == 2 else x", ["exp"]),
    ],
)
def test_control_flow_on_known_values(forward: Callable, body: str, expected: list[str]) -> None:
    assert [kind for kind in kinds(forward(body)) if kind in ("exp", "sin")] == expected


def test_tensors_made_in_forward_keep_their_values(forward: Callable) -> None:
    graph = forward("p = torch.arange(3)\nif int(p.sum()) == 3: x = torch.exp(x)\nreturn x + p.float().mean()")
    assert {"arange", "exp"} <= set(kinds(graph))


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("return x, self.fc(x)", 2),
        ("return {'a': self.fc(x), 'b': [x, (x + 1,)]}", 3),
        ("from types import SimpleNamespace\nreturn SimpleNamespace(logits=self.fc(x), loss=None)", 1),
        ("return None", 0),
    ],
)
def test_results_of_any_shape(forward: Callable, body: str, count: int) -> None:
    assert len(forward(body).output_tensors) == count


@pytest.mark.parametrize(
    "body",
    ["return F.dropout(x, 0.5, self.training)", "return self.fc(x)", "return x"],
)
def test_dropout_and_identity_cost_nothing_in_inference(forward: Callable, body: str) -> None:
    init = "self.fc = nn.Sequential(nn.Dropout(), nn.Identity(), nn.Dropout2d(0.2))"
    assert kinds(forward(body, init)) == []


def test_views_of_weights_are_weights(forward: Callable) -> None:
    graph = forward("return x @ self.fc.weight.t().contiguous().t()[:, :4] + self.fc.bias.view(2, 4)[0]")
    product = next(operator for operator in graph.operators if operator.kind in ("linear", "matmul"))
    addition = next(operator for operator in graph.operators if operator.kind == "add")
    assert graph.tensors[addition.inputs[1]].role == "parameter"
    assert graph.tensors[product.outputs[0]].shape == (2, 4)


@pytest.mark.parametrize("lengths", ["lengths", "lengths.cpu()", "lengths.tolist()"])
@pytest.mark.parametrize("layer", ["GRU", "LSTM"])
def test_packed_sequences_with_unknown_lengths_are_full(write: Callable, layer: str, lengths: str) -> None:
    graph = write(f"""
        # graphperf: input=[(2, 7, 8), (2,)] dtype=(float32,int64)
        class Tagger(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.{layer}(8, 4, batch_first=True)

            def forward(self, x, lengths):
                x = nn.utils.rnn.pack_padded_sequence(x, {lengths}, batch_first=True, enforce_sorted=False)
                return nn.utils.rnn.pad_packed_sequence(self.rnn(x)[0], batch_first=True)[0]
    """).graph
    assert [o.kind for o in graph.operators].count(layer.lower()) == 1
    assert graph.tensors[graph.output_tensors[0]].shape == (2, 7, 4)
