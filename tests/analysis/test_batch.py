"""Graphs of a model at batch sizes that were not captured."""

import pytest

from graphperf.analysis.batch import Family, NotExact, graphs_at
from graphperf.analysis.capture import file_request, module_request
from graphperf.analysis.discovery import ModuleTarget, discover

MODELS = {
    "similarity": ("(8, 16)", "return torch.softmax(self.fc(x) @ self.fc(x).T, -1).sum(0)"),
    "attention": ("(8, 5, 16)", "return F.scaled_dot_product_attention(x, x, x).flatten(1).mean(-1)"),
    "views": (
        "(8, 4, 4)",
        "return self.fc(x.reshape(x.shape[0], -1)).view(-1, 4, 4)[:, 1:].transpose(0, 1).contiguous()",
    ),
    "parts": ("(8, 16)", "return torch.cat([self.fc(x), x.new_zeros(len(x), 3)], 1).split(2, 1)[0]"),
}
BRANCHES = {
    "branch": ("(8, 16)", "return self.fc(x) if len(x) < 40 else self.fc(x).relu()"),
    "loop": ("(8, 16)", "return torch.stack([self.fc(row) for row in x])"),
    "cubic": ("(8, 16)", "return self.fc(x)[:, None, None] + x.new_zeros(len(x), len(x), len(x), 1)"),
}


def _capturing(pool, tmp_path, shape, body):
    text = (
        "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n"
        f"# graphperf: input={shape}\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.fc = nn.Linear(16, 16)\n\n    def forward(self, x):\n        {body}\n"
    )
    known = {}

    def capture(batch):
        request = file_request(tmp_path / "model.py", text, discover(text).classes[0], (), "", batch)
        captured = pool.agent().capture(request)[1].result(60)
        assert captured.graph is not None, captured.error
        known[batch] = captured.graph
        return captured.graph

    return capture, known


@pytest.mark.parametrize("name", MODELS)
def test_graphs_between_captures_are_those_that_a_capture_gives(pool, tmp_path, name):
    capture, known = _capturing(pool, tmp_path, *MODELS[name])
    batches = [1, 2, 3, 5, 8, 16, 33, 64]
    graphs = graphs_at(batches, capture)
    assert list(known) == [1, 2, 5, 16, 64]
    assert sorted(graphs) == batches
    for batch in batches:
        assert graphs[batch] == (known.get(batch) or capture(batch))


@pytest.mark.parametrize("name", BRANCHES)
def test_every_batch_is_captured_where_the_graphs_differ(pool, tmp_path, name):
    capture, known = _capturing(pool, tmp_path, *BRANCHES[name])
    batches = [2, 4, 8, 16, 32, 64]
    graphs = graphs_at(batches, capture)
    assert sorted(known) == batches
    assert all(graphs[batch] is known[batch] for batch in batches)


@pytest.mark.slow
def test_a_real_model(capturer):
    def capture(batch):
        captured = capturer.capture(module_request(ModuleTarget("torchvision.models", "swin_t"), (), (), "", batch))
        assert captured.graph is not None
        return captured.graph

    family = Family({batch: capture(batch) for batch in (2, 8, 32, 64)})
    assert family.at(48) == capture(48)
    with pytest.raises(ValueError, match="outside"):
        family.at(128)


def test_few_batches_are_all_captured(zoo):
    asked = []
    graphs_at([1, 2, 4], lambda batch: asked.append(batch) or zoo.graph("resnet18"))
    assert asked == [1, 2, 4]


def test_different_models_are_no_family(zoo):
    one, other = zoo.graph("resnet18"), zoo.graph("mobilenet_v2")
    with pytest.raises(NotExact):
        Family({2: one, 3: one, 4: one, 5: other})
