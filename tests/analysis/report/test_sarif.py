"""The shape of a SARIF log: what code scanning services ask for."""

import json
from pathlib import Path

import pytest

from graphperf.analysis.finding import Finding
from graphperf.analysis.fixes import Edit
from graphperf.analysis.report.findings import sarif as module
from graphperf.analysis.report.findings.sarif import sarif
from graphperf.analysis.rules import RULES, rule_for

SOURCE = ["import torch", "", "class Net(nn.Module):", "    x = 'é𝄞'  "]


def finding(code: str = "GP101", line: int = 3, file: str = "model.py", message: str = "what is wrong") -> Finding:
    severity = rule_for(code).severity  # pyright: ignore[reportOptionalMemberAccess]
    return Finding(code, message, file, line, severity, f"{file}::Net", "h100-sxm5-80gb", 0.1)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_of(root: Path, *findings: Finding, source: list[str] = SOURCE) -> dict:
    log = sarif(findings, root, {f.file: source for f in findings})
    assert json.loads(json.dumps(log)) == log
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return run


def test_rules_are_described(root: Path) -> None:
    driver = run_of(root)["tool"]["driver"]
    assert driver["name"] == "graphperf"
    assert [rule["id"] for rule in driver["rules"]] == [rule.code for rule in RULES]
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"].endswith(".")
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert rule["properties"]["precision"] in ("very-high", "high", "medium", "low")
        assert rule["properties"]["problem.severity"] in ("error", "warning", "recommendation")
        assert "security-severity" not in rule["properties"]


@pytest.mark.parametrize(("code", "level"), [("GP101", "warning"), ("GP203", "note"), ("GP901", "warning")])
def test_a_result(root: Path, code: str, level: str) -> None:
    (result,) = run_of(root, finding(code))["results"]
    assert (result["ruleId"], result["level"]) == (code, level)
    assert RULES[result["ruleIndex"]].code == code
    assert result["message"] == {"text": "what is wrong"}
    (location,) = result["locations"]
    place = location["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "model.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 22}
    assert list(result["partialFingerprints"]) == ["graphperf/v1"]


def test_regions_count_code_points_without_the_space_around(root: Path) -> None:
    run = run_of(root, finding(line=4))
    assert run["columnKind"] == "unicodeCodePoints"
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startColumn"], region["endColumn"]) == (5, 13)


@pytest.mark.parametrize("line", [2, 99])
def test_a_line_without_text_still_has_all_four_numbers(root: Path, line: int) -> None:
    region = run_of(root, finding(line=line))["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": line, "startColumn": 1, "endLine": line, "endColumn": 1}


def test_the_root_and_the_category(root: Path) -> None:
    run = run_of(root)
    assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == root.as_uri() + "/"
    assert run["automationDetails"]["id"].endswith("/")
    assert run["results"] == []


def test_files_that_could_not_be_captured_are_notifications_too(root: Path) -> None:
    (invocation,) = run_of(root, finding("GP901"), finding())["invocations"]
    assert invocation["executionSuccessful"] is True
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"]["text"] == "what is wrong"
    assert notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "model.py"


@pytest.mark.parametrize(
    ("file", "uri"),
    [("a b/model.py", "a%20b/model.py"), ("./sub/../model.py", "model.py"),
     ("ünï.py", "%C3%BCn%C3%AF.py"),
     ("a#b.py", "a%23b.py")],
)  # fmt: skip
def test_uris(root: Path, file: str, uri: str) -> None:
    (result,) = run_of(root, finding(file=file))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_a_file_outside_the_root_has_an_absolute_uri(root: Path) -> None:
    outside = root.parent / "elsewhere.py"
    (result,) = run_of(root, finding(file=str(outside)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": outside.as_uri()}


def fingerprint(root: Path, given: Finding, source: list[str]) -> str:
    return run_of(root, given, source=source)["results"][0]["partialFingerprints"]["graphperf/v1"]


def test_fingerprints_survive_what_moves_a_line_and_nothing_else(root: Path) -> None:
    first = fingerprint(root, finding(line=3), SOURCE)
    assert fingerprint(root, finding(line=5), ["", "", *SOURCE]) == first
    assert fingerprint(root, finding(line=3, message="other words"), SOURCE) == first
    changed = [
        fingerprint(root, finding(line=3), [*SOURCE[:2], "class Other(nn.Module):", ""]),
        fingerprint(root, finding("GP203", line=3), SOURCE),
        fingerprint(root, finding(line=3, file="other.py"), SOURCE),
    ]
    assert len({first, *changed}) == 4


def test_a_state_against_an_older_one(root: Path) -> None:
    old, new = finding(line=3), finding(line=4)
    before = ([old, finding("GP203", line=1)], {"model.py": SOURCE[1:]})
    moved = sarif([finding(line=4), new], root, {"model.py": ["", *SOURCE]}, before)["runs"][0]["results"]
    assert [result["baselineState"] for result in moved] == ["new", "new", "absent", "absent"]
    same = sarif(
        [finding(line=3), finding(line=4)], root, {"model.py": SOURCE}, ([finding(line=2)], {"model.py": SOURCE[1:]})
    )
    assert [result["baselineState"] for result in same["runs"][0]["results"]] == ["unchanged", "new"]


def test_fixes_replace_regions(root: Path) -> None:
    given = finding()
    fixes = {given: [("Do so: latency −10 %.", (Edit(3, 1, 3, 6, "def"), Edit(1, 1, 1, 1, "x\n")))]}
    (result,) = sarif([given], root, {"model.py": SOURCE}, fixes=fixes)["runs"][0]["results"]
    (fix,) = result["fixes"]
    assert fix["description"]["text"] == "Do so: latency −10 %."
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "model.py", "uriBaseId": "%SRCROOT%"}
    assert change["replacements"][0] == {
        "deletedRegion": {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 6},
        "insertedContent": {"text": "def"},
    }


def test_what_is_beyond_the_limit_of_a_run_is_counted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_RESULTS", 3)
    hints = [finding("GP203", line=line) for line in (1, 2, 3)]
    run = run_of(root, hints[0], finding(line=1), *hints[1:], finding(line=3))
    assert [result["ruleId"] for result in run["results"]] == ["GP203", "GP101", "GP101"]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("2 findings are left out")
