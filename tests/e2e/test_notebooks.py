"""A notebook in an editor: what is known of a model stands in the cell that defines it."""

import pytest
from lsprotocol import types

pytestmark = pytest.mark.slow

NOTEBOOK = "jupyter-notebook"
IMPORTS = "%matplotlib inline\nimport torch\nfrom torch import nn"
MODEL = """\
# graphperf: input=(1, 512)
class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(512, 256)  # 𐍈
        self.second = nn.Linear({}, 10)

    def forward(self, x):
        x = self.first(x)
        return self.second(x)"""


@pytest.mark.parametrize("pull", [False, True])
async def test_hints_and_findings_by_cell(unconnected, capabilities, tmp_path, pull):
    can = capabilities(pull=pull)
    can.notebook_document = types.NotebookDocumentClientCapabilities(types.NotebookDocumentSyncClientCapabilities())
    result = await unconnected.start(can, {"heat": True})
    assert result.capabilities.notebook_document_sync.save
    path = tmp_path / "model.ipynb"
    path.write_text("{}")
    contents = (IMPORTS, MODEL.format(128), "Head()")
    texts = {f"vscode-notebook-cell:{path}#W{number}": text for number, text in enumerate(contents)}
    imports, model, last = texts
    unconnected.texts |= texts
    cells = [types.NotebookCell(types.NotebookCellKind.Code, uri) for uri in texts]
    notebook = types.NotebookDocument(path.as_uri(), NOTEBOOK, 1, cells)
    documents = [types.TextDocumentItem(uri, types.LanguageKind.Python, 1, text) for uri, text in texts.items()]
    unconnected.notebook_document_did_open(types.DidOpenNotebookDocumentParams(notebook, documents))

    (finding,) = await unconnected.diagnosed(model)
    assert (finding.code, finding.range.start) == ("GP901", types.Position(9, 8))
    assert finding.message.startswith("forward() raised at line 10: ")
    assert list(unconnected.diagnostics[imports]) == list(unconnected.diagnostics.get(last, ())) == []

    place = types.Range(types.Position(5, 32), types.Position(5, 35))
    edit = types.NotebookDocumentCellContentChanges(
        types.VersionedTextDocumentIdentifier(2, model), [types.TextDocumentContentChangePartial(place, "256")]
    )
    unconnected.texts[model] = MODEL.format(256)
    changed(unconnected, notebook, 2, types.NotebookDocumentCellChanges(text_content=[edit]))
    assert "GP901" not in [found.code for found in await unconnected.diagnosed(model, 2)]
    hints = await unconnected.hints(model)
    assert hints["self.first = nn.Linear(512, 256)  # 𐍈"].startswith("1×256")
    assert hints["def forward(self, x):"].startswith("x: 1×512 (directive on line 1)")
    assert await unconnected.hints(imports) == {}
    assert (await unconnected.hover(model, "self.second = nn.Linear(256, 10)")).startswith("second")
    assert list(await unconnected.lenses(model)) == ["class Head(nn.Module):"]
    await unconnected.until(f"heat {last} 1", 3)
    assert {line.line for line in unconnected.heat[model].lines} <= set(range(4, 10))
    assert unconnected.heat[model].lines != []
    assert unconnected.heat[last].lines == []

    gone = types.NotebookCellArrayChange(0, 1)
    structure = types.NotebookDocumentCellChangeStructure(gone, did_close=[types.TextDocumentIdentifier(imports)])
    changed(unconnected, notebook, 3, types.NotebookDocumentCellChanges(structure=structure))
    found = await unconnected.diagnosed(model, 2, 2)
    assert "GP901" in [d.code for d in found]
    assert (await unconnected.hints(model)).keys() == hints.keys()
    unconnected.notebook_document_did_close(
        types.DidCloseNotebookDocumentParams(
            types.NotebookDocumentIdentifier(notebook.uri), [types.TextDocumentIdentifier(uri) for uri in (model, last)]
        )
    )
    assert await unconnected.diagnosed(model, 2, 3) == []


def changed(editor, notebook, version, cells):
    """Says that the notebook's cells changed."""
    identifier = types.VersionedNotebookDocumentIdentifier(version, notebook.uri)
    change = types.NotebookDocumentChangeEvent(cells=cells)
    editor.notebook_document_did_change(types.DidChangeNotebookDocumentParams(identifier, change))
