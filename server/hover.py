"""Hovers: what is known of a line, in short lines."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from urllib.parse import quote

from lsprotocol import types

from ..analysis.finding import rule_page
from ..analysis.report.hints import device_title, totals_text
from ..analysis.report.hover import hover_lines, provenance
from ..analysis.report.shares import Quantity
from ..analysis.rules import Rule, rule_for
from .code_lens import KEPT, OPEN_REPORT
from .documents import content_span
from .language_server import GraphperfServer
from .shown import Shown

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


def hover_content(ls: GraphperfServer, session: Shown, line: int) -> types.MarkupContent | None:
    """What a hover and a hint's tooltip say about a line, in the form that the client can show."""
    known = _known(session, line, ls.settings.of(session.path).share)
    lines, rules = [session.words(text) for text in known], _rules(session, line)
    lines += _gains(session, line)
    if not lines and not rules:
        return None
    formats = ls.client_list("text_document.hover.content_format")
    if formats and "markdown" not in formats:
        named = " · ".join(f"{rule.code} {rule.name}" for rule in rules)
        return types.MarkupContent(types.MarkupKind.PlainText, "\n".join(filter(None, [*lines, named])))
    links = [_report_link(session, line)] if known and ls.client_options.client_commands else []
    return types.MarkupContent(types.MarkupKind.Markdown, markdown(lines, rules, links))


def markdown(lines: Sequence[str], rules: Sequence[Rule] = (), links: Sequence[str] = ()) -> str:
    """Lines with hard breaks, and nothing in them that would be taken for markup; then links, at last to the rules' pages."""
    escaped = [_MARKDOWN.sub(r"\\\g<0>", line) for line in lines]
    known = [f"[{rule.code} {rule.name}]({rule_page(rule.code)})" for rule in rules]
    return "  \n".join(filter(None, [*escaped, " · ".join([*links, *known])]))


def _report_link(session: Shown, line: int) -> str:
    """A link with a command of the client's."""
    found = session.summary_at(line)
    model = found[0] if found is not None else session.model_at(line)
    arguments = json.dumps([session.uri, model.name if model is not None else None])
    return f"[Open report](command:{OPEN_REPORT}?{quote(arguments, safe='')})"


def _known(session: Shown, line: int, quantity: Quantity) -> list[str]:
    found = session.summary_at(line)
    if found is not None:
        view, summary = found
        lines = hover_lines(view.first, summary, view.result.evaluations[1:], quantity)
        return [*lines, KEPT] if session.is_kept(view) else lines
    model = session.model_at(line)
    if model is None:
        return []
    totals = [f"{device_title(e)} | {totals_text(e)}" for e in model.result.evaluations]
    return [model.name, *totals, provenance(model.first)]


def _gains(session: Shown, line: int) -> list[str]:
    """What following the advice of each rule is predicted to change, on the first device that it is given for."""
    found = [mark.finding for at, mark in session.marks() if at == line]
    gains = {finding.code: finding.gain for finding in reversed(found) if finding.gain is not None}
    return [f"following {code}: {gain.text}" for code, gain in sorted(gains.items())]


def _rules(session: Shown, line: int) -> list[Rule]:
    """The rules that have something to say about the line."""
    codes = dict.fromkeys(mark.finding.code for at, mark in session.marks() if at == line)
    return [rule for rule in map(rule_for, codes) if rule is not None]
