"""The real server over standard input and output, as an editor uses it."""

import time


async def test_an_opened_file_gets_hints(editor, capabilities, resnet, tmp_path):
    await editor.start(capabilities())
    t = time.time()
    uri = editor.open(tmp_path / "model.py", resnet)
    diagnostics = await editor.diagnosed(uri)
    print("open", time.time() - t)
    for k, v in (await editor.hints(uri)).items():
        print(k, "   ###", v)
    for k, v in (await editor.lenses(uri)).items():
        print(k, "   ###", v)
    print(await editor.hover(uri, "self.layer4 = nn.Sequential(Block(256, 512, 2), Block(512, 512))"))
    print(await editor.hover(uri, "def forward(self, x):") if 0 else await editor.hover(uri, "class ResNet(nn.Module):"))
    for d in diagnostics:
        print(d.range.start.line, d.code, d.message)
    t = time.time()
    v = editor.replace(uri, "nn.Conv2d(3, 64, 7, 2, 3, bias=False)", "nn.Conv2d(3, 64, 5, 2, 3, bias=False)")
    await editor.diagnosed(uri, v)
    print("edit", time.time() - t, editor.counts, editor.progress_reports)
