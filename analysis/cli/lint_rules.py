"""`graphperf-lint rule`: the rules and what they mean."""

from __future__ import annotations

import difflib
import json
import textwrap

import click

from ..discovery import UsageError
from ..finding import rule_page
from ..rules import RULES, Rule, rule_for


def print_rules(name: str | None, output_format: str) -> None:
    """One rule, or all of them in a line each. Raises `UsageError` for a name that no rule has."""
    rules = RULES if name is None else (_named(name),)
    if output_format == "json":
        click.echo(json.dumps([_record(rule) for rule in rules], indent=2))
    elif name is None:
        for rule in rules:
            click.echo(f"{rule.code}  {rule.name:26} {rule.summary}")
    else:
        click.echo(_explained(rules[0]))


def _named(name: str) -> Rule:
    rule = rule_for(name.upper()) or rule_for(name.lower())
    if rule is None:
        known = [name for rule in RULES for name in (rule.code, rule.name)]
        close = difflib.get_close_matches(name, known, 1)
        raise UsageError(f"there is no rule {name}{f'; did you mean {close[0]}?' if close else ''}")
    return rule


def _explained(rule: Rule) -> str:
    example = textwrap.indent(textwrap.dedent(rule.example).strip("\n"), "    ")
    return (
        f"{rule.code} {rule.name} ({rule.severity})\n\n{rule.summary}\n\n{rule.explanation}\n\n"
        f"It speaks of:\n\n{example}\n\n{rule_page(rule.code)}"
    )


def _record(rule: Rule) -> dict[str, str]:
    names = ("code", "name", "severity", "summary", "rationale", "helps", "exceptions")
    return {**{name: getattr(rule, name) for name in names}, "page": rule_page(rule.code)}
