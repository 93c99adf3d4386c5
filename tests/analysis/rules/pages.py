"""Writes docs/rules, a page a rule: `make rules`. What a rule says of its example is computed."""

import importlib
import textwrap
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from graphperf.analysis.bounds.baseline import baseline_text
from graphperf.analysis.bounds.measure import measure_of
from graphperf.analysis.capture import AgentPool, Capturer, PoolCapturer
from graphperf.analysis.discovery import FileTarget
from graphperf.analysis.finding import Finding
from graphperf.analysis.lint.criteria import criteria_of
from graphperf.analysis.lint.settings import lint_settings
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.rules import RULES, Rule, judge
from graphperf.analysis.settings import Options

FOLDER = Path(__file__).parents[3] / "docs" / "rules"
INDEX = FOLDER / "README.md"


def source(example: str) -> str:
    """The text of an example."""
    return textwrap.dedent(example).strip("\n") + "\n"


@cache
def found(rule: Rule, example: str, capturer: Capturer) -> list[Finding]:
    """What the rule says of a text."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.py"
        path.write_text(source(example), "utf-8")
        (Path(folder) / "pyproject.toml").write_text(source(rule.settings), "utf-8")
        if "baseline" in rule.settings:
            (Path(folder) / "baseline.json").write_text(_baseline(rule, path, capturer), "utf-8")
        analysis = analyze(FileTarget(path), Options(), capturer)
        criteria = criteria_of(lint_settings(path))
        return [finding for finding in judge(analysis, criteria=criteria) if finding.code == rule.code]


def _baseline(rule: Rule, path: Path, capturer: Capturer) -> str:
    """The figures of the better example."""
    analysis = analyze(FileTarget(path), Options(), capturer, source(rule.better))
    measures = [measure_of(result.target, found) for result in analysis.results for found in result.evaluations]
    return baseline_text(measures, (), path.parent)


def page(rule: Rule, capturer: Capturer) -> str:
    """The page of a rule as it is now."""
    said = "\n".join(f"line {f.line}, {f.severity}: {f.message}" for f in found(rule, rule.example, capturer))
    return "\n\n".join(
        [
            f"# {rule.code} {rule.name}",
            f"Severity: {rule.severity}. Made by `make rules` from `analysis/rules`.",
            rule.summary,
            f"## Why\n\n{rule.rationale}",
            f"## Example\n\n```python\n{source(rule.example)}```",
            *([f"With this in `pyproject.toml`:\n\n```toml\n{source(rule.settings)}```"] if rule.settings else []),
            f"What it says of it:\n\n```text\n{said}\n```",
            f"It has nothing to say of:\n\n```python\n{source(rule.better)}```",
            f"## What helps\n\n{_sentence(rule.helps)}",
            f"## When it is wrong\n\n{_sentence(rule.exceptions)}",
            f"To silence it on a line: `# graphperf: ignore[{rule.code}]`.\n",
        ]
    )


def index() -> str:
    """The list of the rules, by family, as it is now."""
    families = {rule.code[:3]: [each for each in RULES if each.code[:3] == rule.code[:3]] for rule in RULES}
    parts = [part for rules in families.values() for part in (f"## {_family(rules[0])}", _table(rules))]
    return (
        "\n\n".join(
            [
                "# Rules",
                "Made by `make rules` from `analysis/rules`. Each page has an example, what the rule says of it, and what helps. "
                "How to choose rules and to silence them: [graphperf-lint](../lint.md).",
                *parts,
            ]
        )
        + "\n"
    )


def _family(rule: Rule) -> str:
    """What a folder of rules is about: `4xx: what the graph computes`."""
    check = rule.on_device or rule.on_analysis
    package = "graphperf.analysis.rules.capture" if check is None else check.__module__.rpartition(".")[0]
    return (importlib.import_module(package).__doc__ or "").rstrip(".\n")


def _table(rules: list[Rule]) -> str:
    rows = [f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {rule.summary} |" for rule in rules]
    return "\n".join(["| rule | name | severity | what it says |", "|---|---|---|---|", *rows])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def main() -> None:
    """Writes the pages, and takes away those of rules that are no more."""
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.glob("GP*.md"):
        stale.unlink()
    INDEX.write_text(index(), "utf-8")
    with AgentPool() as pool:
        for rule in RULES:
            (FOLDER / f"{rule.code}.md").write_text(page(rule, PoolCapturer(pool)), "utf-8")


if __name__ == "__main__":
    main()
