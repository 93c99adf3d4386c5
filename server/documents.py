"""Texts as Python and the protocol count them: lines end with LF, CR or CRLF only; columns in the client's encoding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pygls.protocol import LanguageServerProtocol
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec, TextDocument, Workspace

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def lines_with_ends(text: str) -> tuple[str, ...]:
    """The lines of a text with their ends. `str.splitlines` would also split at form feeds and U+2028."""
    return tuple(_LINE.findall(text))


def path_of(uri: str) -> Path | None:
    """The path of a `file:` URI; nothing else is on this machine's disk."""
    path = to_fs_path(uri)
    return Path(path) if path else None


def content_span(line: str, codec: PositionCodec) -> tuple[int, int]:
    """Where a line's text begins and ends without the white space around it, in the client's units."""
    end = len(line.rstrip())
    start = min(end, len(line) - len(line.lstrip()))
    return codec.client_num_units(line[:start]), codec.client_num_units(line[:end])


class Document(TextDocument):
    """A document whose lines are those of the protocol."""

    @property
    def lines(self) -> Sequence[str]:
        """Lines with their ends."""
        return lines_with_ends(self.source)


class Documents(Workspace):
    """The open documents."""

    def _create_text_document(
        self, doc_uri: str, source: str | None = None, version: int | None = None, language_id: str | None = None
    ) -> TextDocument:
        return Document(doc_uri, source, version, language_id, position_codec=self.position_codec)


class Protocol(LanguageServerProtocol):
    """The protocol with `Documents` as its workspace."""

    def use_documents(self) -> None:
        """Replaces the workspace; to be called by the handler of `initialize`, before the first document is opened."""
        given = self.workspace
        self._workspace = Documents(
            given.root_uri, workspace_folders=list(given.folders.values()), position_encoding=given.position_encoding
        )
