"""`graphperf report` and `graphperf graph`: one model as a page, or its fused graph alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from ..capture import AgentPool
from ..discovery import UsageError, parse_target
from ..pipeline import Analysis, ModelResult, analyze, capturer_for
from ..report import units
from .common import batches_that_do_not_fit, interpreter_problem, progress, question
from .exits import CLEAN, fail, usage_errors
from .grid import write
from .question_options import question_options, what_if_option

_STDOUT = Path("-")
_GRAPH_FORMATS = ("svg", "dot", "json")
_output = click.option(
    "--output-file", "-o", "path", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    help="Write there, - to stdout; default: named after the model.",
)  # fmt: skip


@click.command("report")
@click.argument("target", metavar="TARGET")
@question_options
@what_if_option
@_output
def report_command(target: str, path: Path | None, **given: Any) -> None:
    """Write everything about one model as an HTML page that needs no network: roofline, treemap, timeline, graph, table.

    Several devices are set side by side.
    """
    from ..report.html import render_html

    result = _the_model(target, given)
    name = _name(result)
    _write(render_html(result, name), path or Path(f"{_file_name(name)}.html"))
    raise SystemExit(CLEAN)


@click.command("graph")
@click.argument("target", metavar="TARGET")
@question_options
@what_if_option
@click.option(
    "--format", "output", type=click.Choice(_GRAPH_FORMATS), help="Default: by the name of the file, else svg."
)
@_output
def graph_command(target: str, output: str | None, path: Path | None, **given: Any) -> None:
    """Write the fused graph of one model on one device: kernels, their operators and what flows between them."""
    from ..report.fused_graph import fused_graph, graph_dot, graph_svg

    with usage_errors():
        chosen = output or _format_of(path)
    result = _the_model(target, given)
    evaluation, *others = result.evaluations
    if others:
        fail("a graph is of one device: name one with --hardware")
    graph = fused_graph(evaluation)
    if chosen == "json":
        text = graph.model_dump_json(indent=2)
    else:
        text = graph_dot(graph) if chosen == "dot" else graph_svg(graph, alone=True)
    _write(text, path or Path(f"{_file_name(_name(result))}.{chosen}"))
    if graph.note:
        click.echo(f"drawn: {graph.note}", err=True)
    raise SystemExit(CLEAN)


def _format_of(path: Path | None) -> str:
    """The format that a file's name says. Raises `UsageError`."""
    if path is None or path == _STDOUT:
        return "svg"
    ending = path.suffix.removeprefix(".")
    if ending not in _GRAPH_FORMATS:
        raise UsageError(f"{path}: not one of {', '.join(_GRAPH_FORMATS)}; say which with --format")
    return ending


def _the_model(target: str, given: dict[str, Any]) -> ModelResult:
    """The one model of a target. Exits with 2 where there is none, or more."""
    with usage_errors():
        options = question([target], **given)
        parsed = parse_target(target)
        with progress() as note, AgentPool() as pool:
            analysis = analyze(parsed, options, capturer_for(pool, options), progress=note)
    problem = interpreter_problem([analysis])
    if problem is None and options.batch is not None:
        problem = batches_that_do_not_fit([analysis])
    if problem is not None:
        fail(problem)
    if len(analysis.results) != 1:
        fail(_not_one(target, analysis))
    return analysis.results[0]


def _not_one(target: str, analysis: Analysis) -> str:
    if analysis.results:
        names = ", ".join(result.target for result in analysis.results)
        return f"{target} has {len(analysis.results)} models: name one of {names}"
    if analysis.problems:
        first = analysis.problems[0]
        place = f"{first.file}:{first.line}: " if first.line is not None else ""
        return f"{place}GP901 {first.message}"
    return f"{target}: no nn.Module class found"


def _name(result: ModelResult) -> str:
    """`resnet50` of `torchvision.models:resnet50`, `Net` of `model.py::Net`."""
    return result.target.rpartition(":")[2]


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)


def _write(text: str, path: Path) -> None:
    to_file = path != _STDOUT
    write(text, path if to_file else None)
    if to_file:
        click.echo(f"wrote {path} ({units.data(len(text.encode()))})", err=True)
