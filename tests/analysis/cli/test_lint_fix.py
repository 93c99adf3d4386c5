"""`graphperf-lint --fix` and `--diff`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

ATTENTION = '''import torch
from torch import nn


# graphperf: input=(1, 128, 256)
class Attention(nn.Module):
    """é, to be kept."""

    def __init__(self, dim=256, heads=4):
        super().__init__()
        self.heads = heads
        self.scale = (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, dim * 3)

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-2, -1)) * self.scale
        return (scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(b, n, c)
'''
SDPA = "F.scaled_dot_product_attention(q, k, v, scale=self.scale)"


@pytest.fixture
def attention(folder: Path) -> Path:
    path = folder / "attention.py"
    path.write_text(ATTENTION, "utf-8")
    return path


@pytest.mark.slow
def test_a_diff_changes_nothing(run: Callable, attention: Path) -> None:
    done = run("graphperf-lint", "attention.py", "--diff")
    assert done.code == 1
    assert attention.read_text("utf-8") == ATTENTION
    assert "--- attention.py\n+++ attention.py\n" in done.out
    assert [line for line in done.out.splitlines() if line.startswith("+ ") and SDPA in line]
    assert done.err.startswith("attention.py:19: GP402 fixed: use scaled_dot_product_attention: latency −")
    assert run("graphperf-lint", "attention.py", "--diff", "--ignore", "GP402").code == 0


def test_a_fix_is_applied_once_and_its_finding_is_gone(run: Callable, attention: Path) -> None:
    done = run("graphperf-lint", "attention.py", "--fix", "--output-format", "concise")
    text = attention.read_text("utf-8")
    assert SDPA in text
    assert "é, to be kept" in text
    assert "GP402" not in done.out
    assert "GP402 fixed" in done.err
    again = run("graphperf-lint", "attention.py", "--fix", "--output-format", "concise")
    assert (attention.read_text("utf-8"), again.err, again.out) == (text, "", done.out)


@pytest.mark.slow
def test_the_ends_of_lines_the_encoding_and_the_permissions_stay(run: Callable, attention: Path) -> None:
    attention.write_bytes(f"# coding: latin-1\n{ATTENTION}".replace("\n", "\r\n").encode("latin-1"))
    attention.chmod(0o640)
    run("graphperf-lint", "attention.py", "--fix")
    data = attention.read_bytes()
    assert SDPA in data.decode("latin-1")
    assert data.count(b"\r\n") == data.count(b"\n")
    assert b"\xe9, to be kept" in data
    assert attention.stat().st_mode & 0o777 == 0o640


def test_where_a_fix_would_not_pay_there_is_none(run: Callable, attention: Path) -> None:
    done = run("graphperf-lint", "attention.py", "--diff", "--mode", "compiled", "--precision", "fp16")
    assert (done.code, done.out, done.err) == (0, "", "")


@pytest.mark.slow
def test_a_log_has_the_fixes_of_its_findings(run: Callable, attention: Path) -> None:
    done = run("graphperf-lint", "attention.py", "--output-format", "sarif")
    (result,) = (each for each in json.loads(done.out)["runs"][0]["results"] if each["ruleId"] == "GP402")
    (fix,) = result["fixes"]
    assert fix["description"]["text"].startswith("use scaled_dot_product_attention: latency −")
    (change,) = fix["artifactChanges"]
    assert any("F.scaled_dot_product_attention" in each["insertedContent"]["text"] for each in change["replacements"])
    assert attention.read_text("utf-8") == ATTENTION
