"""1xx: where the rules about memory are silent, and which lines and figures they name."""

from collections.abc import Callable

GAMING = {"hardware": ("rtx-3090",)}


def test_a_repeat_that_the_model_returns_is_wanted(said: Callable) -> None:
    source = """
        # graphperf: input=(1, 256, 1, 1)
        class Net(nn.Module):
            def forward(self, x):
                return x.repeat(64, 1, 56, 56)
    """
    assert said("GP102", source, **GAMING) == []


def test_a_repeat_that_is_written_to_is_wanted(said: Callable) -> None:
    source = """
        # graphperf: input=[(1, 256, 1, 1), (64, 256, 56, 56)]
        class Net(nn.Module):
            def forward(self, x, y):
                z = x.repeat(64, 1, 56, 56)
                return z.add_(y).sum()
    """
    assert said("GP102", source, **GAMING) == []


DISTANCES = """
    # graphperf: input=[(2048, 64), (2048, 64)]
    class Net(nn.Module):
        def forward(self, a, b):
            return (a[:, None] - b[None]).square().sum(-1)  # outer
"""


def test_all_differences_are_written_by_eager_mode_and_stay_in_a_compiled_kernel(
    said: Callable, write: Callable
) -> None:
    (finding,) = said("GP102", DISTANCES, **GAMING)
    assert finding.line == write(DISTANCES).line("# outer")
    assert "writes 1.07 GB of what fits 1.05 MB: 2048×2048×64." in finding.message
    assert said("GP102", DISTANCES, mode="compiled", **GAMING) == []


VOCABULARY = """
    # graphperf: input=(1, 128) dtype=int64
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding({entries}, 512)  # embed
            self.layers = nn.Sequential(*[nn.Linear(512, 512) for _ in range(4)])
            self.head = nn.Linear(512, {entries}, bias=False)
            {tied}

        def forward(self, ids):
            return self.head(self.layers(self.embed(ids)))
"""


def test_tied_weights_of_embedding_and_head_halve_both(said: Callable, write: Callable) -> None:
    source = VOCABULARY.format(entries=50000, tied="")
    (finding,) = said("GP103", source, **GAMING)
    assert finding.line == write(source).line("# embed")
    assert "embed (embedding) and head (linear) have 205 MB of weights" in finding.message  # 2 · 50000 · 512 · 4 B
    assert "With one matrix for both (tied weights) it would be 102 MB less." in finding.message
    assert finding.share == 0.0  # its part of the EDP is not what it is about


def test_a_table_that_the_cache_holds_and_a_model_of_one_layer_are_small(said: Callable) -> None:
    assert said("GP103", VOCABULARY.format(entries=1000, tied=""), **GAMING) == []
    alone = """
        # graphperf: input=(1, 128) dtype=int64
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = nn.Embedding(100000, 512)

            def forward(self, ids):
                return self.embed(ids)
    """
    assert said("GP103", alone, **GAMING) == []


def test_a_classifier_on_a_flattened_map_names_its_average(said: Callable) -> None:
    source = """
        # graphperf: input=(1, 64, 64, 64)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.convs = nn.Sequential(*[nn.Conv2d(64, 64, 3, padding=1) for _ in range(3)])
                self.fc = nn.Linear(64 * 64 * 64, 64)

            def forward(self, x):
                return self.fc(torch.flatten(self.convs(x), 1))
    """
    (finding,) = said("GP103", source, **GAMING)
    assert "fc (linear) has 67.1 MB of weights" in finding.message
    assert "map of 4096 positions: averaged before (`AdaptiveAvgPool2d(1)`), 16.4 kB would do" in finding.message


def test_attention_brings_its_heads_together_once_which_is_no_repetition(said: Callable) -> None:
    source = """
        # graphperf: input=(32, 256, 8, 64)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(512, 512)

            def forward(self, x):
                return self.fc(x.transpose(1, 2).reshape(32, 256, 512))
    """
    assert said("GP105", source, **GAMING) == []


def test_copies_that_are_needed_for_a_view_are_a_hint(said: Callable) -> None:
    source = """
        # graphperf: input=(64, 64, 56, 56)
        class Net(nn.Module):
            def forward(self, x):
                for _ in range(3):
                    x = x.view(64, 2, 32, 56, 56).transpose(1, 2).reshape(64, 64, 56, 56)
                return x
    """
    (finding,) = said("GP105", source, **GAMING)
    assert finding.severity == "hint"
    assert finding.message.startswith("3 copies at this line only change the order in memory (64×32×2×56×56): ")
    assert "Without them, if the layers around" in finding.message


def test_a_cat_of_slices_is_one_kernel(said: Callable) -> None:
    source = """
        # graphperf: input=(1, 64, 128)
        class Net(nn.Module):
            def forward(self, x):
                return torch.cat([x[:, t] for t in range(64)], 1)
    """
    assert said("GP106", source, hardware=("h100-sxm5-80gb",)) == []


def test_runs_that_wait_for_each_other_cannot_be_one_batch(said: Callable) -> None:
    source = """
        # graphperf: input=(1, 64, 128)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.cell = nn.Linear(128, 128)

            def forward(self, x):
                h, found = x[:, 0], []
                for t in range(64):
                    h = torch.tanh(self.cell(h) + x[:, t])
                    found.append(h)
                return torch.stack(found, 1)
    """
    assert said("GP106", source, hardware=("h100-sxm5-80gb",)) == []
    (finding,) = said("GP202", source, hardware=("h100-sxm5-80gb",))
    assert finding.gain is None
    assert "This loop runs 64 times and launches 192 kernels that take less time than their launch" in finding.message


def test_concatenations_that_share_no_input_copy_nothing_again(said: Callable) -> None:
    source = """
        # graphperf: input=(32, 64, 56, 56)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.convs = nn.ModuleList([nn.Conv2d(64, 32, 1) for _ in range(8)])

            def forward(self, x):
                for first, second in zip(self.convs[::2], self.convs[1::2]):
                    x = torch.cat([first(x), second(x)], 1)
                return x
    """
    assert said("GP107", source, **GAMING) == []


def test_a_chain_of_three_copies_the_first_parts_again(said: Callable) -> None:
    source = """
        # graphperf: input=(32, 64, 56, 56)
        class Net(nn.Module):
            def forward(self, x):
                parts = [x]
                for _ in range(3):
                    parts.append(torch.cat(parts, 1).mean(1, keepdim=True).expand_as(x))
                return torch.cat(parts, 1)
    """
    (finding,) = said("GP107", source, **GAMING)
    # Of 25.7 MB a part: two of three parts again, then three of four, beside the first concatenation of two.
    assert finding.message.startswith("2 concatenations in a chain copy 128 MB again of the 180 MB that they copy")
