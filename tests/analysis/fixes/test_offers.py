"""Offers for a file: several fixes one after another, several devices, edits as editors take them."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

from graphperf.analysis.capture import PoolCapturer
from graphperf.analysis.discovery.classes import split_lines
from graphperf.analysis.finding import Finding
from graphperf.analysis.fixes import Edit, edited, edits_between, fixed, offers
from graphperf.analysis.pipeline import Analysis

from .prepared import FOLDER, found, session

ENCODER = FOLDER / "before" / "whole_encoder.py"
# What each rule would point at in the encoder.
POINTS = {"GP402": "torch.softmax", "GP404": "torch.erf", "GP411": "torch.sqrt(variance"}


def _judged(analysis: Analysis, text: str) -> Sequence[Finding]:
    """A rule for each of `POINTS`: it points at its line as long as that is there."""
    (result,) = analysis.results
    lines = split_lines(text)
    places = [(code, number) for code, at in POINTS.items() for number, line in enumerate(lines, 1) if at in line]
    return [Finding(code, "", str(ENCODER), number, "hint", result.target) for code, number in places]


def test_several_fixes_one_after_another(capturer: PoolCapturer) -> None:
    own = session(ENCODER, capturer)
    result = fixed(ENCODER.read_text("utf-8"), own, judged=_judged)
    assert [offer.finding.code for offer in result.applied] == list(POINTS)
    assert result.text.count("import torch.nn.functional as F") == 1
    for call in ("F.scaled_dot_product_attention(query, key, value)", "F.gelu(y)", "F.layer_norm(x, x.shape[-1:], "):
        assert call in result.text
    for first, then in zip(result.applied, result.applied[1:], strict=False):
        assert then.gains[0][1].before == first.gains[0][1].after
    assert fixed(result.text, own, judged=_judged).applied == ()


def test_unsafe_ones_are_only_offered_when_asked_for(capturer: PoolCapturer) -> None:
    path = FOLDER / "before" / "resnet_block_bias.py"
    text, own = path.read_text("utf-8"), session(path, capturer)
    (offer,) = found("GP401", "self.conv1 = ", text, own)
    assert not offer.safe
    assert "checkpoints" in offer.caution
    assert list(offers(own.analyze(text), [offer.finding], text, own)) == []


def test_it_has_to_pay_on_one_device_and_to_lose_on_none(capturer: PoolCapturer) -> None:
    path, hardware = FOLDER / "before" / "bert_gelu.py", ("h100-sxm5-80gb", "rtx-3090", "epyc-9654")
    own = session(path, capturer, hardware=hardware)
    (offer,) = found("GP404", "torch.erf", path.read_text("utf-8"), own)
    assert [device for device, _ in offer.gains] == list(hardware)
    assert all(gain.edp >= 0 for _, gain in offer.gains)


def test_edits_of_text_with_other_ends_of_lines() -> None:
    edits = [Edit(2, 3, 2, 5, "X\nY"), Edit(1, 1, 1, 1, "above\n"), Edit(4, 1, 5, 1, "")]
    assert edited("abc\nde😀gh\nij\nkl\n", edits) == "above\nabc\ndeX\nYh\nij\n"
    assert edited("abc\r\ndefgh\r\nij\r\nkl", edits) == "above\r\nabc\r\ndeX\r\nYh\r\nij\r\n"
    with pytest.raises(ValueError, match="overlap"):
        edited("abcdef", [Edit(1, 1, 1, 4, ""), Edit(1, 3, 1, 5, "")])


@pytest.mark.parametrize("old", ["", "a", "a\n", "a\nb\nc", "a\nb\nc\nd\n", "b\n\nb"])
@pytest.mark.parametrize("new", ["", "a", "x\na\n", "a\nc", "a\nB\nc\nd\n\ne", "b\n"])
def test_the_edits_between_two_texts(old: str, new: str) -> None:
    assert edited(old, edits_between(old, new)) == new
    assert edits_between(old, old) == ()


def test_nothing_that_edits_python_is_loaded_before_a_fix_is_tried() -> None:
    code = "import sys, graphperf.analysis.fixes; sys.exit('libcst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
