"""The findings of the rules as diagnostics: pulled by clients that can, pushed to the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lsprotocol import types

from ..analysis.finding import rule_page
from .documents import content_span
from .language_server import GraphperfServer
from .notebook import Cell, Notebook
from .session import Session
from .shown import Shown
from .views import Mark

_SEVERITY = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "information": types.DiagnosticSeverity.Information,
    "hint": types.DiagnosticSeverity.Hint,
}
_OPTIONS = types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False, identifier="graphperf")


def add_diagnostics(server: GraphperfServer) -> None:
    """Reports the findings and takes them back when the document is closed."""
    server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, _OPTIONS)(diagnostic)

    def refresh(session: Session) -> None:
        if not _pulls(server) or isinstance(session, Notebook):
            for part in session.parts:
                _publish(server, part, diagnostics_of(server, part))
        elif server.client_can("workspace.diagnostics.refresh_support"):
            server.workspace_diagnostic_refresh(None)

    def clear(part: Shown) -> None:
        if not _pulls(server) or isinstance(part, Cell):
            _publish(server, part, [])

    server.on_renewed.append(refresh)
    server.on_closed.append(clear)


def _pulls(ls: GraphperfServer) -> bool:
    return ls.client_can("text_document.diagnostic")


def _publish(ls: GraphperfServer, session: Shown, found: list[types.Diagnostic]) -> None:
    ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(session.uri, found, session.version))


def diagnostic(ls: GraphperfServer, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    """The findings of the last good views, or that nothing has changed. Those of a notebook's cells are pushed."""
    session = ls.sessions.analysed(params.text_document.uri)
    if session is None:
        return types.RelatedFullDocumentDiagnosticReport([])
    result = str(session.generation)
    if params.previous_result_id == result:
        return types.RelatedUnchangedDocumentDiagnosticReport(result)
    return types.RelatedFullDocumentDiagnosticReport(diagnostics_of(ls, session), result_id=result)


def diagnostics_of(ls: GraphperfServer, session: Shown) -> list[types.Diagnostic]:
    """All findings at the lines of the current text."""
    return [_diagnostic(ls, session, line, mark) for line, mark in sorted(session.marks(), key=lambda pair: pair[0])]


def _diagnostic(ls: GraphperfServer, session: Shown, line: int, mark: Mark) -> types.Diagnostic:
    start, end = content_span(session.lines[line - 1], ls.workspace.position_codec)
    message, related = session.words(mark.finding.message), list(_related(session, mark))
    if not ls.client_can("text_document.publish_diagnostics.related_information"):
        related = []
        if mark.elsewhere is not None:
            message = f"{message} ({Path(mark.elsewhere[0]).name}:{mark.elsewhere[1]})"
    return types.Diagnostic(
        range=types.Range(types.Position(line - 1, start), types.Position(line - 1, end)),
        message=message,
        severity=_SEVERITY[mark.finding.severity],
        code=mark.finding.code,
        code_description=types.CodeDescription(rule_page(mark.finding.code)),
        source="graphperf",
        related_information=related or None,
    )


def _related(session: Shown, mark: Mark) -> Iterator[types.DiagnosticRelatedInformation]:
    """Where a finding really comes from, and the other lines that it is about."""
    if mark.elsewhere is not None:
        file, line = mark.elsewhere
        yield _place(Path(file).absolute().as_uri(), line, "raised here")
    for other in mark.finding.related:
        file = Path(other.file).absolute()
        own = file.resolve() == session.path.resolve()
        line = session.map(session.views.text).new(other.line) if own else other.line
        if line is not None:
            yield _place(session.uri if own else file.as_uri(), line, session.words(other.message))


def _place(uri: str, line: int, message: str) -> types.DiagnosticRelatedInformation:
    start = types.Position(max(0, line - 1), 0)
    return types.DiagnosticRelatedInformation(types.Location(uri, types.Range(start, start)), message)
