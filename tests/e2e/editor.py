"""A client that behaves like an editor: it holds documents and waits for what the server announces."""

import asyncio
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

PATIENCE_S = 60.0
REFRESHES = (
    types.WORKSPACE_INLAY_HINT_REFRESH,
    types.WORKSPACE_CODE_LENS_REFRESH,
    types.WORKSPACE_DIAGNOSTIC_REFRESH,
)


class Editor(LanguageClient):
    """The client side of a session with helpers that speak of lines (counted from 1) and texts."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.counts: dict[str, int] = {}
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.heat: dict[str, Any] = {}
        self.states: list[Any] = []
        self._news = asyncio.Condition()
        self.encoding = "utf-16"

    async def tell(self, event: str) -> None:
        """Something arrived."""
        async with self._news:
            self.counts[event] = self.counts.get(event, 0) + 1
            self._news.notify_all()

    async def until(self, event: str, count: int = 1) -> None:
        """Waits until something has arrived that often."""

        async def wait() -> None:
            async with self._news:
                await self._news.wait_for(lambda: self.counts.get(event, 0) >= count)

        await asyncio.wait_for(wait(), PATIENCE_S)

    async def start(
        self, capabilities: types.ClientCapabilities, options: Any = None, *folders: Path
    ) -> types.InitializeResult:
        """Initializes the session, with the given folders as its workspace."""
        opened = [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]
        result = await self.initialize_session(
            types.InitializeParams(
                capabilities=capabilities, initialization_options=options, workspace_folders=opened or None
            )
        )
        encoding = result.capabilities.position_encoding
        self.encoding = str(getattr(encoding, "value", encoding))
        return result

    def open(self, path: Path, text: str) -> str:
        """Writes and opens a document."""
        path.write_text(text, encoding="utf-8")
        uri = path.as_uri()
        self.texts[uri], self.versions[uri] = text, 1
        self.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, types.LanguageKind.Python, 1, text))
        )
        return uri

    def replace(self, uri: str, old: str, new: str) -> int:
        """Edits the only place where `old` stands, incrementally; gives the new version."""
        text = self.texts[uri]
        assert text.count(old) == 1
        start = text.index(old)
        change = types.Range(self._position(text, start), self._position(text, start + len(old)))
        self.texts[uri] = text.replace(old, new)
        self.versions[uri] += 1
        identifier = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        edits = [types.TextDocumentContentChangePartial(range=change, text=new)]
        self.text_document_did_change(types.DidChangeTextDocumentParams(identifier, edits))
        return self.versions[uri]

    def units(self, text: str) -> int:
        """The length of a text in the agreed encoding."""
        width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[self.encoding]
        return (
            len(text.encode({"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[self.encoding])) // width
        )

    def _position(self, text: str, offset: int) -> types.Position:
        before = text[:offset].split("\n")
        return types.Position(len(before) - 1, self.units(before[-1]))

    def save(self, uri: str) -> None:
        """Says that a document was saved."""
        self.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def changed_on_disk(self, *paths: Path) -> None:
        """Says that watched files were changed by someone else."""
        changes = [types.FileEvent(path.as_uri(), types.FileChangeType.Changed) for path in paths]
        self.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))

    def close(self, uri: str) -> None:
        """Closes a document."""
        del self.texts[uri]
        self.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    async def diagnosed(self, uri: str, version: int = 1, count: int = 1) -> list[types.Diagnostic]:
        """The diagnostics pushed for a version, once they have been pushed that often."""
        await self.until(f"{uri} {version}", count)
        return list(self.diagnostics[uri])

    async def configure(self, uri: str, **settings: Any) -> list[types.Diagnostic]:
        """Changes the settings and waits for the new results of a document."""
        version = self.versions[uri]
        before = self.counts[f"{uri} {version}"]
        self.set_configuration(settings, section="graphperf")
        self.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        return await self.diagnosed(uri, version, before + 1)

    async def hints(self, uri: str, first: int = 1, last: int = 10_000) -> dict[str, str]:
        """Line content → hint; checks that each hint stands at the end of its line."""
        inside = types.Range(types.Position(first - 1, 0), types.Position(last - 1, 0))
        params = types.InlayHintParams(types.TextDocumentIdentifier(uri), inside)
        lines = self.texts[uri].split("\n")
        found: dict[str, str] = {}
        for hint in await self.text_document_inlay_hint_async(params) or []:
            line = lines[hint.position.line].rstrip()
            assert hint.position.character == self.units(line)
            assert hint.padding_left
            assert hint.kind is None
            assert line.strip() not in found
            found[line.strip()] = str(hint.label)
        return found

    async def lenses(self, uri: str) -> dict[str, types.CodeLens]:
        """Line content → lens."""
        params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
        lines = self.texts[uri].split("\n")
        return {lines[lens.range.start.line]: lens for lens in await self.text_document_code_lens_async(params) or []}

    async def hover(self, uri: str, content: str) -> str:
        """The hover over the only line with this content."""
        lines = self.texts[uri].split("\n")
        (number,) = [i for i, line in enumerate(lines) if line.strip() == content]
        place = types.Position(number, self.units(lines[number]) - 1)
        found = await self.text_document_hover_async(types.HoverParams(types.TextDocumentIdentifier(uri), place))
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    async def heated(self, uri: str, version: int = 1, count: int = 2) -> dict[int, tuple[float, int]]:
        """Line (from 0) → share and level, once they were sent that often for a version: at first for an unknown document."""
        await self.until(f"heat {uri} {version}", count)
        return {line.line: (line.share, line.level) for line in self.heat[uri].lines}

    async def actions(self, uri: str, content: str, *only: str, **context: Any) -> dict[str, Any]:
        """Title → action for the only line with this content. lsprotocol takes an action with a command for a `Command`."""
        number = self.line(uri, content)
        place = types.Position(number, self.units(self.texts[uri].split("\n")[number]))
        found = await self.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(uri),
                types.Range(place, place),
                types.CodeActionContext(context.get("diagnostics", []), only=list(only) or None),
            )
        )
        return {action.title: action for action in found or []}

    def apply(self, uri: str, action: types.CodeAction) -> int:
        """Makes the edits of an action as an editor would; gives the new version."""
        assert action.edit is not None
        text, lines = self.texts[uri], self.texts[uri].split("\n")
        places = [
            (self._offset(lines, edit.range.start), self._offset(lines, edit.range.end), edit.new_text)
            for edit in (action.edit.changes or {})[uri]
        ]
        for start, end, new in sorted(places, reverse=True):
            text = text[:start] + new + text[end:]
        self.texts[uri] = text
        self.versions[uri] += 1
        identifier = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        whole = types.TextDocumentContentChangeWholeDocument(self.texts[uri])
        self.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [whole]))
        return self.versions[uri]

    def _offset(self, lines: list[str], place: types.Position) -> int:
        line = lines[place.line]
        column = next(i for i in range(len(line) + 1) if self.units(line[:i]) == place.character)
        return sum(len(before) + 1 for before in lines[: place.line]) + column

    async def command(self, name: str, *arguments: Any) -> Any:
        """What a command answers."""
        return await self.workspace_execute_command_async(types.ExecuteCommandParams(name, list(arguments)))

    def line(self, uri: str, content: str) -> int:
        """The number (from 0) of the only line with this content."""
        (number,) = [i for i, line in enumerate(self.texts[uri].split("\n")) if line.strip() == content]
        return number


def make_editor() -> Editor:
    """An editor that counts what arrives."""
    editor = Editor(converter_factory=default_converter)
    counted = (*REFRESHES, types.CLIENT_REGISTER_CAPABILITY)
    features = {k: v for k, v in DEFAULT_CLIENT_FEATURES.items() if k not in counted}
    register_lsp_features(editor, features | {method: _counting(method) for method in counted})
    push = DEFAULT_CLIENT_FEATURES[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS]
    message = DEFAULT_CLIENT_FEATURES[types.WINDOW_SHOW_MESSAGE]

    async def published(client: Editor, params: types.PublishDiagnosticsParams) -> None:
        push(client, params)
        await client.tell(f"{params.uri} {params.version}")

    async def shown(client: Editor, params: types.ShowMessageParams) -> None:
        message(client, params)
        await client.tell("message")

    async def heated(client: Editor, params: Any) -> None:
        client.heat[params.uri] = params
        await client.tell(f"heat {params.uri} {params.version}")

    async def stated(client: Editor, params: Any) -> None:
        client.states.append(params)
        await client.tell(f"state {params.state}")

    editor.feature("graphperf/heat")(heated)
    editor.feature("graphperf/status")(stated)
    editor.protocol.fm.features.pop(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    editor.protocol.fm.features.pop(types.WINDOW_SHOW_MESSAGE)
    editor.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(published)
    editor.feature(types.WINDOW_SHOW_MESSAGE)(shown)
    return editor


def _counting(method: str) -> Any:
    async def count(client: Editor, params: Any) -> None:
        await client.tell(method)

    return count
