"""A baseline file: what goes in comes out, the same models give the same bytes, and others are refused in words."""

import json
from pathlib import Path

import pytest

from graphperf.analysis.bounds.baseline import baseline_text, read_baseline
from graphperf.analysis.bounds.measure import Measure, Work, reason
from graphperf.analysis.discovery import UsageError
from graphperf.analysis.finding import Figures

ASKED = "h100-sxm5-80gb fp16 eager batch 1"


def measure(target: str, seconds: float = 0.1, kernels: int = 3) -> Measure:
    return Measure(target, ASKED, Figures(seconds, 2.5, 1 / 3), Work(10, 20.5, kernels, 30))


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    one, two = measure(str(tmp_path / "src" / "a.py") + "::A"), measure(str(tmp_path / "b.py") + "::B", 1e-9)
    file = tmp_path / "baseline.json"
    file.write_text(baseline_text([one, two], ["f2", "f1", "f2"], tmp_path), "utf-8")
    found = read_baseline(file)
    assert (found.root, found.known) == (tmp_path, {"f1", "f2"})
    assert sorted(found.measures) == [("b.py::B", ASKED), ("src/a.py::A", ASKED)]
    assert [found.before(known).figures for known in (one, two)] == [one.figures, two.figures]  # pyright: ignore[reportOptionalMemberAccess]
    assert found.before(one).work == one.work  # pyright: ignore[reportOptionalMemberAccess]
    assert found.before(measure("c.py::C")) is None


def test_a_project_elsewhere_has_the_same_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    texts = {baseline_text([measure(f"{place}/net.py::Net")], [], place) for place in (here, there)}
    monkeypatch.chdir(here)
    texts.add(baseline_text([measure("net.py::Net")], [], here))
    assert len(texts) == 1


def test_the_order_does_not_matter(tmp_path: Path) -> None:
    measures = [measure(f"{name}.py::Net") for name in "abc"]
    texts = {baseline_text(given, "xyz", tmp_path) for given in (measures, measures[::-1])}
    texts.add(baseline_text(measures, "zyxx", tmp_path))
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "is incomplete"),
        ("{}", "is incomplete"),
        ('{"version": 0}', "is of another version"),
        ('{"version": 1, "models": {}}', "is incomplete"),
        ('{"version": 1, "models": {"a": {"q": {}}}, "findings": []}', "is incomplete"),
        ('{"version": 1, "models": [], "findings": []}', "is incomplete"),
        ("\udcff", "is no JSON"),
    ],
)
def test_what_is_no_baseline(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "baseline.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=message):
        read_baseline(file)


def test_an_absent_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_baseline(tmp_path / "baseline.json")


def test_reasons() -> None:
    before = measure("a.py::A")
    more = Measure(before.target, ASKED, before.figures, Work(20, 20.5, 4, 30))
    assert reason(before, more) == "The work: MACs +100 %, 3 → 4 kernels."
    assert reason(before, measure("a.py::A", 9.0)) == "The work is the same: the estimate itself has changed."


def test_the_file_is_for_people_too(tmp_path: Path) -> None:
    text = baseline_text([measure("a.py::A")], ["f"], tmp_path)
    assert text.endswith("}\n")
    assert list(json.loads(text)) == ["findings", "models", "version"]
    assert len(text.splitlines()) > 10
