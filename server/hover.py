"""Hovers: what is known of a line, in short lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lsprotocol import types

from ..analysis.report.hints import device_title, totals_text
from ..analysis.report.hover import hover_lines, provenance
from ..analysis.rules import rule_for
from .documents import content_span
from .language_server import GraphperfServer
from .session import Session

_MARKDOWN = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|[*`\\]|<(?=[A-Za-z/!?])|\[(?=[^\]]*\]\()")


def add_hover(server: GraphperfServer) -> None:
    """Explains the line under the pointer."""
    server.feature(types.TEXT_DOCUMENT_HOVER)(hover)


def hover(ls: GraphperfServer, params: types.HoverParams) -> types.Hover | None:
    """The hover of a line, over its text only."""
    session = ls.sessions.get(params.text_document.uri)
    number = params.position.line
    if session is None or number >= len(session.lines):
        return None
    start, end = content_span(session.lines[number], ls.workspace.position_codec)
    content = hover_content(ls, session, number + 1) if start <= params.position.character <= end else None
    if content is None:
        return None
    return types.Hover(content, types.Range(types.Position(number, start), types.Position(number, end)))


def hover_content(ls: GraphperfServer, session: Session, line: int) -> types.MarkupContent | None:
    """What a hover and a hint's tooltip say about a line, in the form that the client can show."""
    lines = [*_known(session, line), *_rules(session, line)]
    if not lines:
        return None
    formats = ls.client_list("text_document.hover.content_format")
    if formats and "markdown" not in formats:
        return types.MarkupContent(types.MarkupKind.PlainText, "\n".join(lines))
    return types.MarkupContent(types.MarkupKind.Markdown, markdown(lines))


def markdown(lines: Sequence[str]) -> str:
    """Lines with hard breaks, and nothing in them that would be taken for markup."""
    return "  \n".join(_MARKDOWN.sub(r"\\\g<0>", line) for line in lines)


def _known(session: Session, line: int) -> list[str]:
    found = session.summary_at(line)
    if found is not None:
        view, summary = found
        return hover_lines(view.first, summary, view.result.evaluations[1:])
    model = session.model_at(line)
    if model is None:
        return []
    totals = [f"{device_title(e)} | {totals_text(e)}" for e in model.result.evaluations]
    return [model.name, *totals, provenance(model.first)]


def _rules(session: Session, line: int) -> list[str]:
    """The codes and names of the rules that have something to say about the line."""
    codes = dict.fromkeys(mark.finding.code for at, mark in session.marks() if at == line)
    rules = [rule for rule in map(rule_for, codes) if rule is not None]
    return [" · ".join(f"{rule.code} {rule.name}" for rule in rules)] if rules else []
