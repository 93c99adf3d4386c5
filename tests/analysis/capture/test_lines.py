"""Which lines of the user's file an operator comes from, how often they ran, and which lines construct a module."""

from collections.abc import Callable

import pytest

NET = """
    def activate(x):
        return F.relu(x)  # inner


    class Block(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.conv = nn.Conv2d(channels, channels, 3, padding=1)  # in block

        def forward(self, x):
            return activate(self.conv(x)) + x  # block line


    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, 8, 3)  # stem
            self.blocks = nn.Sequential(*[Block(8) for _ in range(3)])  # blocks
            self.head = self.make_head(8)  # head

        def make_head(self, channels):
            return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 2))  # made

        def forward(self, x):
            x = self.stem(x)  # run stem
            for block in self.blocks:
                x = block(x)  # run block
            for _ in range(4):
                x = torch.sigmoid(x)  # loop
            return self.head(x)  # run head
"""


def test_operators_know_the_lines_that_ran_them(write: Callable) -> None:
    net = write(NET)
    assert net.at("# run stem") == ["conv2d"]
    assert net.at("# loop") == ["sigmoid"] * 4
    assert net.at("# inner") == ["relu"] * 3
    assert net.at("# block line") == ["conv2d", "add"] * 3
    assert net.at("# run head") == ["mean", "linear"]
    relu = next(o for o in net.graph.operators if o.kind == "relu")
    lines = [place.line for place in relu.source if place.file == str(net.path)]
    assert lines == [net.line("# inner"), net.line("# block line"), net.line("# run block")]
    assert [place.function for place in relu.source[:3]] == ["activate", "forward", "forward"]


@pytest.mark.parametrize(
    ("fragment", "count", "kinds"),
    [
        ("# run stem", 1, ["conv2d"]),
        ("# run block", 3, ["conv2d", "relu", "add"] * 3),
        ("# loop", 4, ["sigmoid"] * 4),
        ("# block line", 3, ["conv2d", "relu", "add"] * 3),
        ("# run head", 1, ["mean", "linear"]),
    ],
)
def test_how_often_a_line_ran_and_all_it_led_to(write: Callable, fragment: str, count: int, kinds: list[str]) -> None:
    net = write(NET)
    summary = net.summary(fragment)
    assert (summary.kind, summary.count) == ("forward", count)
    found = [net.graph.operators[o].kind for o in summary.operators if not net.graph.operators[o].view]
    assert found == kinds


@pytest.mark.parametrize(
    ("fragment", "modules"),
    [
        ("# stem", ["stem"]),
        ("# in block", ["blocks.0.conv", "blocks.1.conv", "blocks.2.conv"]),
        ("# blocks", ["blocks"]),
        ("# head", ["head"]),
        ("# made", ["head"]),
    ],
)
def test_which_lines_construct_which_modules(write: Callable, fragment: str, modules: list[str]) -> None:
    summary = write(NET).summary(fragment)
    assert summary.kind == "construct"
    assert list(summary.modules) == modules
    assert summary.count == len(modules)


def test_module_paths_classes_and_places(write: Callable) -> None:
    net = write(NET)
    modules = {module.path: module for module in net.graph.modules}
    assert [modules[p].class_name for p in ("", "stem", "blocks.1", "head.2")] == ["Net", "Conv2d", "Block", "Linear"]
    assert modules["blocks.1"].defined is not None
    assert modules["blocks.1"].defined.line == net.line("class Block")
    assert modules["stem"].defined is None
    assert modules["stem"].description.startswith("3, 8, kernel_size=(3, 3)")
    assert net.graph.defined is not None
    assert net.graph.defined.line == net.line("class Net")
    assert net.graph.contains == ("Block", "Net")
    assert {o.module for o in net.graph.operators} >= {"stem", "blocks.2", "blocks.2.conv", "", "head.2"}


def test_the_share_of_all_forward_lines_of_the_top_is_the_whole(write: Callable) -> None:
    net = write(NET)
    fragments = ("# run stem", "# run block", "# loop", "# run head")
    assert sum(net.summary(fragment).edp_share for fragment in fragments) == pytest.approx(1)
    assert sum(net.summary(f).latency_s for f in fragments) == pytest.approx(net.evaluation.latency.value)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("return torch.einsum('bij,kj->bik', x, self.fc.weight)  # here", 1),
        ("return x.transpose(0, 1).reshape(5, 2, 8).transpose(0, 1)  # here", 1),
        ("return self.fc(self.fc(x))  # here", 1),
        ("for _ in range(3): x = self.fc(x)  # here\n        return x", 3),
        ("for _ in range(3): x = x * 2 + 1  # here\n        return x", 3),
        ("return F.linear(x, self.fc.weight, self.fc.bias)  # here", 1),
        ("x[:, 0] += 1  # here\n        return x", 1),
        ("for _ in range(3): x = F.linear(x, self.fc.weight)  # here\n        return x", 3),
    ],
)
def test_how_often_one_line_runs(write: Callable, body: str, count: int) -> None:
    net = write(f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x):
        {body}
""", inputs=(((2, 5, 8), "float32"),))  # fmt: skip
    assert net.summary("# here").count == count


def test_recursion_counts_every_level_once(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 8)

            def descend(self, x, depth):
                if depth == 0:
                    return x
                x = self.fc(x)  # level
                return self.descend(x, depth - 1)  # deeper

            def forward(self, x):
                return self.descend(x, 3)  # start
    """)
    assert net.summary("# level").count == 3
    assert net.summary("# start").count == 1
    assert net.summary("# start").edp_share == pytest.approx(1)


def test_code_of_installed_packages_keeps_the_users_line(write: Callable) -> None:
    net = write("""
        from torchvision.ops import Conv2dNormActivation

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = Conv2dNormActivation(3, 8)  # construct

            def forward(self, x):
                return self.layer(x)  # run
    """)
    assert net.at("# run") == ["conv2d", "batch_norm", "relu"]
    assert net.summary("# construct").modules == ("layer",)
    assert len(net.summary("# construct").operators) == 3
