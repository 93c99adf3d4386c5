"""The page: one file with its record, style and script inside, that loads nothing and runs nothing else."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from html import escape
from pathlib import Path
from string import Template

from ...pipeline import ModelResult
from .. import fused_graph
from ..palette import as_variables
from .build import page_record

_FOLDER = Path(__file__).parent
_SCRIPTS = ("figures", "drawing", "comparison", "roofline", "treemap", "timeline", "graph", "table", "page")


def render_html(result: ModelResult, title: str, links: bool = False, nonce: str | None = None) -> str:
    """The report of a model on all its devices as HTML.

    `links`: lines can be opened; the page asks its host (`acquireVsCodeApi`) by messages `{type: "open", file, line}`.
    `nonce` is what the content security policy allows style and script by; the default follows from the content, so that
    one result always gives the same bytes.
    """
    record = page_record(result, links=links).model_dump_json()
    return Template(_read("page.html")).substitute(
        title=escape(title),
        nonce=escape(nonce or _nonce(record)),
        style="\n".join([as_variables(), fused_graph.STYLE, _read("report.css")]),
        script="\n".join(_read(f"script/{name}.js") for name in _SCRIPTS),
        # No text of a model can end the element that holds it, or begin a comment in it.
        record=record.replace("<", "\\u003c"),
    )


def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _nonce(record: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(record.encode()).digest()[:18]).decode()
