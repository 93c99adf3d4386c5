"""`graphperf diff`: what a change of the code costs, model by model and layer by layer."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from ..bounds.measure import grown
from ..capture import AgentPool
from ..finding import Finding
from ..lint.criteria import criteria_of
from ..lint.settings import LintSettings, lint_settings
from ..pipeline import Analysis, capturer_for
from ..report.changes import as_markdown, as_records, as_text
from ..report.findings.sarif import sarif
from ..rules import Criteria, judge
from ..study.changes.compare import Comparison, ModelChange, compare_revisions
from ..study.changes.revisions import changed, revision
from .common import progress, question
from .exits import CLEAN, FINDINGS, usage_errors
from .lint_output import write_file
from .question_options import question_options

_FORMATS = ("text", "markdown", "json", "sarif")


@click.command("diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="[NEW]", required=False)
@question_options
@click.option("--format", "output", type=click.Choice(_FORMATS), default="text", show_default=True)
@click.option("--output", "-o", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write there.")
def diff_command(old: str, new: str | None, output: str, file: Path | None, **given: Any) -> None:
    """Compare the models of two revisions, each a folder or a commit of this repository; NEW is by default the files as they are.

    Only files that differ, and those that import them, are analysed. Exits with 1 where latency, energy, EDP or memory of a model
    grew by more than `regression` of [tool.graphperf.lint] (5 %), else with 0.
    """
    with usage_errors(), progress() as note:
        place = Path.cwd()
        sides = revision(old, place), revision(new, place)
        files = changed(*sides)
        options, settings = question((), **given), lint_settings(place)
        # A revision lies in another folder than the project: budgets and a baseline, which name files, are graphperf-lint's.
        criteria = criteria_of(replace(settings, baseline=None, budgets={}))
        with AgentPool() as pool:
            found = compare_revisions(
                *sides, files, options, capturer_for(pool, options), note, partial(_reported, settings, criteria)
            )
    text = _rendered(found, output, place)
    if file is not None:
        write_file(file, text)
    else:
        click.echo(text, nl=not text.endswith("\n"))
    raise SystemExit(FINDINGS if any(_grew(model, settings.regression) for model in found.models) else CLEAN)


def _reported(settings: LintSettings, criteria: Criteria, analysis: Analysis) -> list[Finding]:
    """The findings that graphperf-lint would report."""
    return [finding for finding in judge(analysis, criteria=criteria) if settings.selects(finding)]


def _rendered(found: Comparison, output: str, root: Path) -> str:
    if output == "json":
        return json.dumps(as_records(found), indent=2)
    if output == "sarif":
        return json.dumps(
            sarif(found.new.findings, root, found.new.sources, (found.old.findings, found.old.sources)), indent=2
        )
    return as_text(found) if output == "text" else as_markdown(found)


def _grew(model: ModelChange, most: float) -> bool:
    if model.before is None or model.after is None:
        return False
    return bool(grown(model.before.figures, model.after.figures, most))
