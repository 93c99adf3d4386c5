"""Fixes of prepared files: the text that they make, the gain that they state, and that nothing is left to do."""

import ast
import io
import tokenize
from collections import Counter

import pytest

from graphperf.analysis.capture import PoolCapturer
from graphperf.analysis.discovery import FileTarget
from graphperf.analysis.fixes import Offer, edited
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.settings import Options

from .prepared import CASES, FOLDER, Case, found, session

FIRST = {case.code: case for case in reversed(CASES)}  # of each rule
each_case = pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.name, marks=() if case is FIRST[case.code] else pytest.mark.slow) for case in CASES],
)


@pytest.fixture(scope="module")
def offer_of(capturer: PoolCapturer):
    known: dict[str, Offer] = {}

    def offer_of(case: Case) -> Offer:
        if case.name not in known:
            own = session(case.before, capturer)
            (known[case.name],) = found(case.code, case.at, case.before.read_text("utf-8"), own)
        return known[case.name]

    return offer_of


def test_there_are_thirty_of_them() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 30
    for folder in ("before", "after"):
        assert {path.stem for path in (FOLDER / folder).glob("*.py")} == {case.name for case in CASES}


@each_case
def test_the_edited_text(case: Case, offer_of) -> None:
    offer, text = offer_of(case), case.before.read_text("utf-8")
    assert offer.text == case.after.read_text("utf-8"), (
        "python -m tests.analysis.fixes.prepared, and read the difference"
    )
    assert edited(text, offer.edits) == offer.text
    ast.parse(offer.text)
    assert not _comments(text) - _comments(offer.text)
    assert offer.safe == case.safe


@each_case
def test_the_prediction_is_that_of_a_fresh_analysis(case: Case, offer_of, capturer: PoolCapturer) -> None:
    offer = offer_of(case)
    fresh = analyze(FileTarget(case.before), Options(fresh=True), capturer, text=offer.text)
    (result,) = fresh.results
    evaluation = result.evaluations[0]
    ((device, gain),) = offer.gains
    assert device == evaluation.question.device.id
    assert gain.after.latency_s == pytest.approx(evaluation.latency.value, rel=1e-9)
    assert gain.after.energy_j == pytest.approx(evaluation.energy.value, rel=1e-9)
    assert gain.after.memory_bytes == evaluation.peak_memory_bytes
    if gain.edp:
        assert gain.edp >= -1e-9
    if case.code not in ("GP401", "GP903"):
        assert gain.edp >= 0.005
        assert offer.title.endswith(f": {gain.text}")
        assert "latency −" in offer.title


@each_case
def test_a_second_time_there_is_nothing_to_do(case: Case, capturer: PoolCapturer) -> None:
    text = case.after.read_text("utf-8")
    own = session(case.after, capturer)
    places = [line for line in text.splitlines() if case.at in line]
    for place in places:
        assert found(case.code, place, text, own) == []


def _comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
