"""Writes docs/rules, a page a rule: `make rules`."""

from pathlib import Path

from graphperf.analysis.rules import RULES, Rule

FOLDER = Path(__file__).parents[3] / "docs" / "rules"


def page(rule: Rule) -> str:
    """The page of a rule as it is now."""
    return "\n\n".join(
        [
            f"# {rule.code} {rule.name}",
            f"Severity: {rule.severity}. Made by `make rules` from `analysis/rules`.",
            rule.summary,
            rule.explanation,
            f"To silence it on a line: `# graphperf: ignore[{rule.code}]`.\n",
        ]
    )


def main() -> None:
    """Writes the pages."""
    FOLDER.mkdir(exist_ok=True)
    for rule in RULES:
        (FOLDER / f"{rule.code}.md").write_text(page(rule), "utf-8")


if __name__ == "__main__":
    main()
