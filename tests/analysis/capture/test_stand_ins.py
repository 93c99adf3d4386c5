"""Functions of PyTorch that make no sense without data, or that it no longer has, run in another way, which is said."""

from collections.abc import Callable

import pytest
import torch

NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(8, 8)

    def forward(self, x):
        {body}
"""


@pytest.mark.parametrize(
    "keywords", ["", "length=700, ", "normalized=True, ", "center=False, ", "onesided=True, win_length=32, "]
)
def test_the_inverse_of_a_spectrum_has_as_many_samples(write: Callable, keywords: str) -> None:
    window = 32 if "win_length" in keywords else 64
    body = (
        f"return self.a(x).sum() + torch.istft(torch.zeros(2, 33, 50) + 0j, 64, {keywords}window=torch.ones({window}))"
    )
    written = write(NET.format(body=body.replace("torch.zeros(2, 33, 50)", "x.new_zeros(2, 33, 50)")))
    given = eval(f"dict({keywords})")
    expected = torch.istft(torch.zeros(2, 33, 50) + 0j, 64, window=torch.ones(window), **given)
    last = written.graph.tensors[written.graph.output_tensors[0]]
    assert last.shape[-1] == expected.shape[-1]


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ("return torch.quantile(self.a(x), 0.3, dim=1)", (1,)),
        ("return self.a(x).quantile(torch.tensor([0.3, 0.5]), dim=1)", (2, 1)),
        ("return torch.take_along_dim(self.a(x), torch.tensor([[0, 1]]), dim=1)", (1, 2)),
        ("return torch.bernoulli(self.a(x).sigmoid())", (1, 8)),
    ],
)
def test_values_and_tensors_without_data_together(write: Callable, body: str, shape: tuple[int, ...]) -> None:
    graph = write(NET.format(body=body)).graph
    assert graph.tensors[graph.output_tensors[0]].shape == shape


def test_the_parts_of_a_recurrent_cell_are_views(write: Callable) -> None:
    source = NET.replace("nn.Linear(8, 8)", "nn.LSTMCell(8, 8)").format(body="return self.a(x)[0]")
    kinds = [operator.kind for operator in write(source).graph.operators if not operator.view]
    assert sorted({*kinds}) == ["add", "linear", "mul", "sigmoid", "tanh", "zeros"]


def test_a_window_with_values_goes_where_the_signal_is(write: Callable) -> None:
    body = "import numpy\n        window = torch.from_numpy(numpy.ones(64, 'float32'))\n"
    body += (
        "        return self.a(x).sum() + torch.stft(x.new_zeros(2, 640), 64, window=window, return_complex=True).abs()"
    )
    written = write(NET.format(body=body))
    last = written.graph.tensors[written.graph.output_tensors[0]]
    assert last.shape == (2, 33, 41)


def test_a_spectrum_of_real_numbers_as_older_code_has_it(write: Callable) -> None:
    body = "return torch.norm(torch.stft(self.a(x).new_zeros(2, 640), 64), p=2, dim=-1)"
    written = write(NET.format(body=body))
    assert written.graph.tensors[written.graph.output_tensors[0]].shape == (2, 33, 41)
    assert any("return_complex" in words for words in written.graph.assumptions)


def test_a_list_of_findings_may_stay_empty(write: Callable) -> None:
    written = write(NET.format(body="return self.a(x), torch.Tensor([])"))
    assert [operator.kind for operator in written.graph.operators] == ["linear"]


def test_autocast_in_the_code_is_said_not_to_be_followed(write: Callable) -> None:
    body = "with torch.autocast('cuda', dtype=torch.float16):\n            return self.a(x)"
    assert any(
        "torch.autocast in the code is not followed" in words
        for words in write(NET.format(body=body)).graph.assumptions
    )
    off = write(NET.format(body=body.replace("dtype=torch.float16", "enabled=False")), name="off.py")
    assert not any("autocast" in words for words in off.graph.assumptions)


def test_what_was_removed_is_replaced_and_said(write: Callable) -> None:
    written = write(NET.format(body="return self.a(x) @ torch.qr(torch.zeros(8, 8))[0]"))
    assert any("torch.qr" in words and "torch.linalg.qr" in words for words in written.graph.assumptions)
