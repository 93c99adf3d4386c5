"""Findings in the formats of other programs: what has a meaning there is escaped, and alike findings stay apart."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from graphperf.analysis.finding import Figures, Finding, Gain
from graphperf.analysis.report.findings.fingerprint import fingerprints
from graphperf.analysis.report.findings.github import as_github
from graphperf.analysis.report.findings.gitlab import as_gitlab
from graphperf.analysis.report.findings.junit import as_junit
from graphperf.analysis.report.findings.markdown import as_markdown
from graphperf.analysis.report.findings.records import as_json_lines

SOURCES = {"a.py": ["x", "y", "x"], "a, b:%.py": ["x"]}


def finding(
    message: str = "m", file: str = "a.py", line: int = 1, gain: Gain | None = None, share: float = 0
) -> Finding:
    return Finding("GP101", message, file, line, "warning", f"{file}::Net", "h100-sxm5-80gb", share, gain)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_commands_of_github(root: Path) -> None:
    text = as_github([finding("50 %\nof a: b, c", "a, b:%.py")], root)
    place = "file=a%2C b%3A%25.py,line=1,title=graphperf GP101"
    assert text == f"::warning {place}::50 %25%0Aof a: b, c\n"


def test_issues_of_gitlab(root: Path) -> None:
    issues = json.loads(as_gitlab([finding(), finding("n", line=3), finding(line=2)], root, SOURCES))
    assert len({issue["fingerprint"] for issue in issues}) == 3
    assert issues[0] | {"fingerprint": ""} == {
        "description": "m", "check_name": "GP101", "fingerprint": "", "severity": "major",
        "location": {"path": "a.py", "lines": {"begin": 1}},
    }  # fmt: skip


def test_junit_has_only_characters_of_xml() -> None:
    text = as_junit([finding('<a href="&">\x00\x1b[1m\ud800')], ["a.py", "b.py"])
    suite = ElementTree.fromstring(text)[0]
    failed, passed = suite
    assert failed[0].text == 'a.py:1: warning: GP101 <a href="&">\ufffd\ufffd[1m\ufffd'
    assert len(passed) == 0
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")


def test_a_row_of_markdown_stays_one(root: Path) -> None:
    half = Gain(Figures(2, 2, 1), Figures(1, 2, 1))
    rows = as_markdown([finding("a | b\nc"), finding("first", line=2, gain=half)], root).splitlines()
    assert rows[0] == "**graphperf**: 2 findings"
    assert rows[4].startswith("| `a.py:2` | [GP101](")
    assert rows[4].endswith("/GP101.md) | first | −50 % |")
    assert rows[5].endswith(" | a \\| b c |  |")


def test_a_long_table_of_markdown_is_cut(root: Path) -> None:
    text = as_markdown([finding(line=line, share=line / 60) for line in range(1, 61)], root)
    assert text.endswith("\n10 more are left out.\n")
    assert "a.py:60" in text
    assert "a.py:10`" not in text


def test_a_line_of_json_each() -> None:
    first, second = as_json_lines([finding("a\nb"), finding("\u2028")]).splitlines()
    assert [json.loads(line)["message"] for line in (first, second)] == ["a\nb", "\u2028"]


def test_alike_findings_are_numbered(root: Path) -> None:
    found = fingerprints([finding(), finding(line=2), finding(line=3)], root, SOURCES)
    assert len(set(found)) == 3
    assert found[2] == f"{found[0]}:2"
    assert fingerprints([finding(line=3)], root, SOURCES) == found[:1]
