"""`[tool.graphperf.lint]`: what is read, what is refused in which words, and which findings it selects."""

from collections.abc import Callable
from pathlib import Path

import pytest

from graphperf.analysis.discovery import UsageError
from graphperf.analysis.finding import Finding
from graphperf.analysis.lint.settings import MEANINGS, LintSettings, lint_settings, matches, prefixes


@pytest.fixture
def settings(tmp_path: Path) -> Callable[[str], LintSettings]:
    """The settings of a project with these lines in its `[tool.graphperf.lint]`."""

    def settings(lines: str) -> LintSettings:
        (tmp_path / "pyproject.toml").write_text(f"[tool.graphperf.lint]\n{lines}\n", "utf-8")
        return lint_settings(tmp_path)

    return settings


def finding(code: str = "GP101", file: str = "src/net.py", severity: str = "warning") -> Finding:
    return Finding(code, "what is wrong", file, 3, severity, f"{file}::Net")  # pyright: ignore[reportArgumentType]


def test_every_setting_is_read(settings: Callable, tmp_path: Path) -> None:
    found = settings("""
        select = ["GP1", "gp2"]
        extend-select = ["GP503"]
        ignore = "GP101"
        per-file-ignores = {"tests/*" = ["GP2", "GP901"], "net.py" = "GP1"}
        severity = "warning"
        exclude = ["generated"]
        regression = "2.5 %"
        baseline = "ci/baseline.json"
        GP101 = {least-share = 0.2, most = 5}
    """)
    assert found == LintSettings(
        select=("GP1", "GP2", "GP503"),
        ignore=("GP101",),
        per_file_ignores={"tests/*": ("GP2", "GP901"), "net.py": ("GP1",)},
        severity="warning",
        exclude=("generated",),
        regression=0.025,
        baseline=tmp_path / "ci/baseline.json",
        root=tmp_path,
        limits={"GP101": {"least_share": 0.2, "most": 5}},
    )


def test_without_a_table_the_defaults_hold(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'net'\n")
    assert lint_settings(tmp_path) == LintSettings(root=tmp_path)


def test_the_nearest_project_upwards_counts(settings: Callable, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    assert settings('ignore = ["GP9"]').ignore == lint_settings(tmp_path / "src").ignore == ("GP9",)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('ignroe = ["GP1"]', "ignroe is no setting; did you mean ignore?"),
        ("xyz = 1", "xyz is no setting"),
        ('select = ["E501"]', "select: E501 is neither a rule's code, as GP101, nor the beginning of one, as GP1"),
        ("select = [1]", "select must be a list of texts, not [1]"),
        ('per-file-ignores = ["GP1"]', "per-file-ignores must be a table of patterns and codes, not ['GP1']"),
        ('per-file-ignores = {"a.py" = "X1"}', "per-file-ignores: X1 is neither"),
        ('severity = "fatal"', "severity must be one of error, warning, information, hint, not 'fatal'"),
        ('regression = "much"', "regression must be a share, as 0.05 or \"5 %\", not 'much'"),
        ("regression = true", 'regression must be a share, as 0.05 or "5 %", not True'),
        ("regression = -0.1", 'regression must be a share, as 0.05 or "5 %", not -0.1'),
        ("regression = inf", 'regression must be a share, as 0.05 or "5 %", not inf'),
        ("baseline = 3", "baseline must be a text, not 3"),
        ("GP101 = {least = 1}", "GP101: 'least' is no limit; known are least-share, least-gain, most"),
        ("GP101 = 3", "GP101: 3 is no limit; known are least-share, least-gain, most"),
        ("GP101 = {least-share = 2}", "GP101: least-share must be a number from 0 to 1, not 2"),
        ('GP101 = {most = "all"}', "GP101: most must be a number from 0 to inf, not 'all'"),
        ("GP101 = {most = nan}", "GP101: most must be a number from 0 to inf, not nan"),
    ],
)
def test_what_is_wrong_is_named(settings: Callable, lines: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        settings(lines)
    assert str(raised.value).startswith(f"pyproject.toml: [tool.graphperf.lint] {message}")


def test_a_table_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.graphperf]\nlint = 1\n")
    with pytest.raises(UsageError, match="lint must be a table"):
        lint_settings(tmp_path)


@pytest.mark.parametrize(
    ("select", "ignore", "codes"),
    [
        ("ALL", "", "GP101 GP102 GP201"),
        ("GP1", "", "GP101 GP102"),
        ("ALL", "GP1", "GP201"),
        ("GP101", "GP1", "GP101"),
        ("GP1", "GP101", "GP102"),
        ("ALL,GP101", "GP1", "GP101 GP201"),
        ("GP101", "GP101", ""),
        ("ALL", "ALL", ""),
        ("GP1", "ALL", "GP101 GP102"),
        ("GP", "ALL,GP2", "GP101 GP102"),
    ],
)
def test_the_longest_prefix_decides(select: str, ignore: str, codes: str) -> None:
    settings = LintSettings(prefixes("--select", [select]), prefixes("--ignore", [ignore]))
    assert [c for c in ("GP101", "GP102", "GP201") if settings.selects(finding(c))] == codes.split()


@pytest.mark.parametrize(("least", "number"), [("error", 1), ("warning", 2), ("information", 3), ("hint", 4)])
def test_the_least_severity(least: str, number: int) -> None:
    settings = LintSettings(severity=least)  # pyright: ignore[reportArgumentType]
    found = [finding(severity=severity) for severity in ("error", "warning", "information", "hint")]
    assert [f.severity for f in found if settings.selects(f)] == [f.severity for f in found[:number]]


def test_ignores_by_file() -> None:
    settings = LintSettings(per_file_ignores={"tests/*": ("GP1",), "conf*.py": ("ALL",)})
    assert not settings.selects(finding("GP101", "tests/net.py"))
    assert not settings.selects(finding("GP101", "/home/me/project/tests/net.py"))
    assert settings.selects(finding("GP201", "tests/net.py"))
    assert settings.selects(finding("GP101", "src/net.py"))


@pytest.mark.parametrize(
    ("file", "pattern", "fits"),
    [
        ("a/b/net.py", "net.py", True),
        ("a/b/net.py", "b/net.py", True),
        ("a/b/net.py", "b", True),
        ("a/b/net.py", "b/", True),
        ("a/b/net.py", "*.py", True),
        ("a\\b\\net.py", "b/*.py", True),
        ("a/b/net.py", "et.py", False),
        ("a/b/net.py", "c", False),
    ],
)
def test_patterns(file: str, pattern: str, fits: bool) -> None:
    assert matches(file, pattern) is fits


def test_every_setting_has_a_meaning_and_a_field() -> None:
    assert all(hasattr(LintSettings(), name.replace("-", "_")) for name in MEANINGS)
