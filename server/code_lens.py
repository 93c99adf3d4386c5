"""Code lenses: the totals above each model, with how they changed, and the command behind them."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from ..analysis.report import units
from ..analysis.report.hints import device_title, input_hint, totals_text
from .documents import content_span
from .language_server import GraphperfServer
from .session import Session
from .shown import Shown
from .views import ModelView

SHOW_TOTALS = "graphperf.showTotals"
# Commands of clients that say to have them.
CHANGE_QUESTION = "graphperf.changeQuestion"
OPEN_REPORT = "graphperf.openReport"
SHOW_HINTS = "graphperf.showHints"
# Of a model whose present text does not run.
KEPT = "of the last text that ran"


def add_code_lens(server: GraphperfServer) -> None:
    """Shows the totals of a model above its class."""
    server.feature(types.TEXT_DOCUMENT_CODE_LENS)(code_lens)
    server.command(SHOW_TOTALS)(show_totals)

    def refresh(_: Session) -> None:
        if server.client_can("workspace.code_lens.refresh_support"):
            server.workspace_code_lens_refresh(None)

    server.on_renewed.append(refresh)
    server.on_rested.append(refresh)


def code_lens(ls: GraphperfServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    """One lens a model, or for clients with commands three; above `forward` what it takes."""
    session = ls.sessions.get(params.text_document.uri)
    if session is None or not ls.settings.of(session.path).code_lens.enabled:
        return []
    commands = _commands if ls.client_options.client_commands else _command
    return [
        types.CodeLens(_place(ls, session, at), command)
        for line, view in sorted(session.models(), key=lambda pair: pair[0])
        for at, command in [*commands(session, line, view), *_inputs(ls, session, view)]
    ]


def _place(ls: GraphperfServer, session: Shown, line: int) -> types.Range:
    start, end = content_span(session.lines[line - 1], ls.workspace.position_codec)
    return types.Range(types.Position(line - 1, start), types.Position(line - 1, end))


def _command(session: Shown, line: int, view: ModelView) -> Iterator[tuple[int, types.Command]]:
    title = " | ".join(filter(None, [device_title(view.first), _totals(session, view), _hints(session, view)]))
    yield line, types.Command(title, SHOW_TOTALS, arguments=[session.uri, view.name])


def _commands(session: Shown, line: int, view: ModelView) -> Iterator[tuple[int, types.Command]]:
    yield line, types.Command(device_title(view.first), CHANGE_QUESTION, arguments=[_asked(view)])
    yield line, types.Command(_totals(session, view), OPEN_REPORT, arguments=[session.uri, view.name])
    hints = _hints(session, view)
    if hints:
        yield line, types.Command(hints, SHOW_HINTS, arguments=[session.uri, line - 1])


def _asked(view: ModelView) -> dict[str, object]:
    """What the figures are of; a directive above the class may ask for other things than the settings."""
    options, first = view.result.options, view.first
    hardware = [evaluation.question.device.name for evaluation in view.result.evaluations]
    return {
        "hardware": hardware, "precision": options.precision.value, "batch": first.graph.batch, "mode": options.mode,
    }  # fmt: skip


def _inputs(ls: GraphperfServer, session: Shown, view: ModelView) -> Iterator[tuple[int, types.Command]]:
    """What `forward` takes, where no inlay hint says it."""
    forward = session.line_now(view, view.forward_line)
    hints = ls.settings.of(session.path).inlay_hints
    if forward is not None and not (hints.enabled and hints.shapes):
        yield forward, types.Command(session.words(input_hint(view.result.graph, forward).text), "")


def _totals(session: Shown, view: ModelView) -> str:
    totals = totals_text(view.first, session.before(view))
    return f"{totals} · {KEPT}" if session.is_kept(view) else totals


def _hints(session: Shown, view: ModelView) -> str:
    """How many findings of a model are shown."""
    shown = sum(session.line_now(view, mark.line) is not None for mark in view.marks)
    return units.count(shown, "hint") if shown else ""


def show_totals(ls: GraphperfServer, uri: str, name: str) -> None:
    """Shows the totals of a model on every chosen device."""
    session = ls.sessions.get(uri)
    view = next((view for _, view in session.models() if view.name == name), None) if session is not None else None
    text = f"there are no figures for {name} yet"
    if view is not None:
        text = "\n".join(f"{name}: {device_title(e)} | {totals_text(e)}" for e in view.result.evaluations)
    ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))
