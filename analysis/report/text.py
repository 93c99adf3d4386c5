"""The terminal report: header, totals with intervals, the layers by EDP share with a bar, the critical path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..estimate import Estimate, Evaluation
from ..fusion import patterns
from ..pipeline import Analysis, ModelResult
from . import units
from .bars import bar
from .json_report import assumptions, subgraph_name, user_line
from .totals import input_texts, totals_rows, what_if_text

_MOST_ROWS = 20
_MOST_PATTERNS = 5


def print_analysis(console: Console, analysis: Analysis, *, all_layers: bool = False) -> None:
    """Prints every model of an analysis on every device."""
    for result in analysis.results:
        for index, evaluation in enumerate(result.evaluations):
            unchanged = result.unchanged[index] if result.unchanged else None
            _print_model(console, result, evaluation, unchanged, all_layers)


def _print_model(
    console: Console, result: ModelResult, evaluation: Evaluation, unchanged: Estimate | None, all_layers: bool
) -> None:
    graph, question = evaluation.graph, evaluation.question
    inputs = ", ".join(input_texts(evaluation))
    console.print(Text(f"{graph.model} on {question.device.name}", style="bold"))
    console.print(f"{question.precision.value} · batch {graph.batch} · {question.mode} · input {inputs}")
    console.print(f"{result.target}, constructed by {result.constructed}", style="dim")
    console.print()
    _print_totals(console, evaluation)
    if unchanged is not None:
        console.print()
        console.print(what_if_text(evaluation, unchanged), soft_wrap=True)
    console.print()
    _print_layers(console, result, evaluation, all_layers)
    _print_shares(console, evaluation)
    _print_patterns(console, evaluation)
    console.print()
    console.print("Assumed:", style="dim")
    for text in assumptions(evaluation):
        console.print(f"  {text}", style="dim", soft_wrap=True)
    console.print()


def _print_totals(console: Console, evaluation: Evaluation) -> None:
    table = Table.grid(padding=(0, 3))
    for name, value in totals_rows(evaluation):
        table.add_row(Text(name, style="dim"), value)
    console.print(table)


def _print_layers(console: Console, result: ModelResult, evaluation: Evaluation, all_layers: bool) -> None:
    order = sorted(range(len(evaluation.subgraphs)), key=lambda i: -evaluation.subgraphs[i].edp_share)
    shown = order if all_layers else order[:_MOST_ROWS]
    largest = evaluation.subgraphs[order[0]].edp_share if order else 1.0
    table = Table(box=None, padding=(0, 1), header_style="dim", pad_edge=False)
    table.add_column("EDP", justify="right")
    table.add_column("")
    for name in ("latency", "energy", "filled"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("bound", no_wrap=True)
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("layer", overflow="fold")
    for index in shown:
        estimate = evaluation.subgraphs[index]
        lead = evaluation.graph.operators[min(estimate.subgraph.operators)]
        file, line = user_line(result.target, lead)
        table.add_row(
            units.percent(estimate.edp_share),
            bar(estimate.edp_share / largest if largest else 0.0),
            units.seconds(estimate.latency_s),
            units.joules(estimate.energy.total),
            units.percent(estimate.utilization),
            estimate.bottleneck,
            _place(result, file, line),
            _layer(evaluation, index),
        )
    console.print(table)
    if len(order) > len(shown):
        console.print(f"… and {units.count(len(order) - len(shown), 'kernel')} more (--all)", style="dim")


def _place(result: ModelResult, file: str | None, line: int | None) -> str:
    if line is None or file is None:
        return ""
    return str(line) if file == result.target.partition("::")[0] else f"{Path(file).name}:{line}"


def _layer(evaluation: Evaluation, index: int) -> str:
    """`layer1.0.conv1 (conv2d+batch_norm+relu)`."""
    name, pattern = subgraph_name(evaluation, index), evaluation.subgraphs[index].subgraph.pattern
    return name if name.rpartition("#")[0] == pattern or name == pattern else f"{name} ({_short(pattern)})"


def _print_shares(console: Console, evaluation: Evaluation) -> None:
    shares = sorted((estimate.edp_share for estimate in evaluation.subgraphs), reverse=True)
    console.print(f"{_holding(shares, 0.5)}, {_holding(shares, 0.8)} of the EDP.")


def _print_patterns(console: Console, evaluation: Evaluation) -> None:
    """What fused most often, and what that saves."""
    found = [p for p in patterns(e.subgraph for e in evaluation.subgraphs) if "+" in p.kinds]
    if not found:
        return
    table = Table(box=None, padding=(0, 1), header_style="dim", pad_edge=False)
    table.add_column("kernels", justify="right")
    table.add_column("saved", justify="right", no_wrap=True)
    table.add_column("fused", overflow="fold")
    for pattern in found[:_MOST_PATTERNS]:
        table.add_row(str(pattern.count), units.data(pattern.bytes_saved), _short(pattern.kinds))
    console.print()
    console.print(table)
    if len(found) > _MOST_PATTERNS:
        console.print(f"… and {units.count(len(found) - _MOST_PATTERNS, 'pattern')} more", style="dim")


def _short(pattern: str) -> str:
    kinds = pattern.split("+")
    return pattern if len(kinds) <= 4 else "+".join([*kinds[:3], f"{len(kinds) - 3} more"])


def _holding(shares: Sequence[float], part: float) -> str:
    total = 0.0
    for count, share in enumerate(shares, 1):
        total += share
        if total >= part:
            return f"{units.count(count, 'kernel')} {'holds' if count == 1 else 'hold'} {100 * part:.0f} %"
    return f"{units.count(len(shares), 'kernel')} hold {100 * part:.0f} %"
