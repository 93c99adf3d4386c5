"""How long Python holds results, in operators that ran until it let go."""

from collections.abc import Callable

import pytest

SHAPE = (((2, 4, 8), "float32"),)


def held(write: Callable, body: str) -> list[int]:
    """By working operator, in order."""
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    graph = write(
        "def local(x):\n    y = torch.sin(x)\n    return torch.cos(y)\n\n\n"
        "def pieces(x):\n    for row in x.unbind(0):\n        y = torch.sin(row)\n        yield torch.cos(y)\n\n\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(8, 8)\n"
        f"\n    def forward(self, x):\n{lines}",
        inputs=SHAPE,
    ).graph
    working = [operator for operator in graph.operators if not operator.view]
    numbers = [operator.id for operator in working] + [len(graph.operators)]
    return [
        sum(n < graph.held[graph.tensors[operator.outputs[0]].storage] for n in numbers[:-1]) for operator in working
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("y = torch.exp(x)\nz = torch.sin(y)\nreturn torch.cos(z)", [3, 3, 3]),
        ("x = torch.exp(x)\nx = torch.sin(x)\nreturn torch.cos(x)", [2, 3, 3]),
        ("return torch.cos(torch.sin(torch.exp(x)))", [2, 3, 3]),
        ("y = torch.exp(x)\nz = torch.sin(y)\ndel y\nreturn torch.cos(z)", [2, 3, 3]),
        ("y = torch.exp(x).view(-1)\nx = torch.sin(x)\nreturn torch.cos(x)", [3, 3, 3]),
        ("x = local(x)\nx = local(x)\nreturn torch.exp(x)", [2, 4, 4, 5, 5]),
        ("y = torch.exp(x)\ny.relu_()\ny = torch.sin(y)\nreturn torch.cos(y)", [3, 3, 4, 4]),
        ("x = self.fc(x)\nx = self.fc(x)\nx = torch.relu(x)\nreturn torch.exp(x)", [2, 3, 4, 4]),
        ("self.last = torch.exp(x)\nx = local(self.last)\nreturn torch.exp(x)", [4, 3, 4, 4]),
        ("y = F.dropout(torch.exp(x), 0.5, self.training)\nx = torch.sin(y)\ndel y\nreturn torch.cos(x)", [2, 3, 3]),
        ("x = F.scaled_dot_product_attention(x, x, x)\nx = torch.sin(x)\nreturn torch.cos(x)", [2, 3, 3]),
        ("x = torch.exp(x).float()\nx = torch.sin(x)\nreturn torch.cos(x)", [2, 3, 3]),
        ("x = sum(torch.exp(row) for row in x)\nreturn torch.sin(x)", [2, 4, 4, 5, 5]),
    ],
)  # fmt: skip
def test_a_result_lives_until_python_lets_go(write: Callable, body: str, expected: list[int]) -> None:
    assert held(write, body) == expected


def test_a_generator_is_known_again_after_it_paused(write: Callable) -> None:
    """Its line is one in a loop, and its local variable holds the first row's sine until the second's is there."""
    assert held(write, "a, b = pieces(x)\nreturn a + b")[0] == 3


def test_tensors_that_come_where_others_died_are_not_mistaken_for_them(write: Callable) -> None:
    graph = write("""
        class Net(nn.Module):
            def forward(self, x):
                for _ in range(200):
                    x = torch.sin(x)
                return x
    """, inputs=SHAPE).graph  # fmt: skip
    assert graph.predecessors == ((), *((number,) for number in range(199)))
    assert len({tensor.storage for tensor in graph.tensors}) == 201
    assert [graph.held[graph.tensors[o.outputs[0]].storage] for o in graph.operators[:-1]] == list(range(2, 201))
