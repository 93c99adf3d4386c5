"""Times the language server as an editor sees it: first hints, hints after an edit, answers while it works, its memory.

    python benchmarks/editor.py [--edits 15]

Prints medians, and ratios to importing torch in the same run. Shared machines are noisy: quote the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from models import write_resnet50

DEBOUNCE_S = 0.15
FILES = 100
SMALL = """from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, {width})

    def forward(self, x):
        return self.fc(x)
"""


class Client:
    """The least that an editor does."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "graphperf.server"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0
        self.slowest = 0.0
        self.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self.notify("initialized", {})

    def notify(self, method: str, params: object) -> None:
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: object) -> Any:
        self.number += 1
        start = time.perf_counter()
        self._write({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self.number and "method" not in message:
                if method == "textDocument/inlayHint":
                    self.slowest = max(self.slowest, time.perf_counter() - start)
                return message.get("result")

    def open(self, path: Path) -> str:
        uri, text = path.as_uri(), path.read_text("utf-8")
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def hints(self, uri: str) -> dict[int, str]:
        """Line (from 0) → hint."""
        everything = {"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}}
        found = self.request("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": everything})
        return {hint["position"]["line"]: hint["label"] for hint in found or ()}

    def until(self, uri: str, known: dict[int, str]) -> float:
        """Seconds until the hints are others than these."""
        start = time.perf_counter()
        while (found := self.hints(uri)) == known or not found:
            time.sleep(0.004)
        return time.perf_counter() - start

    def _write(self, message: object) -> None:
        assert self.process.stdin is not None
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return json.loads(self.process.stdout.read(length))


def main() -> None:
    """Runs the server on a ResNet-50 and on a hundred small files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=15)
    edits: int = parser.parse_args().edits
    imports = statistics.median(_import_torch() for _ in range(3))
    print(f"{'import torch':36} {imports:7.2f} s")
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_CACHE_HOME"] = name  # nothing is remembered from earlier runs
        folder = Path(name)
        path = write_resnet50(folder)
        client = Client()
        _first(client, path, imports)
        _edits(client, path, edits)
        _many(client, folder)
        client.process.kill()


def _import_torch() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return time.perf_counter() - start


def _first(client: Client, path: Path, imports: float) -> None:
    start = time.perf_counter()
    uri = client.open(path)
    client.until(uri, {})
    seconds = time.perf_counter() - start
    print(f"{'open to first hints, nothing running':36} {seconds:7.2f} s   {seconds / imports:5.2f} of import torch")


def _edits(client: Client, path: Path, edits: int) -> None:
    uri, times = path.as_uri(), list[float]()
    client.slowest = 0.0
    for number in range(1, edits + 1):
        known = client.hints(uri)
        text = write_resnet50(path.parent, number).read_text("utf-8")
        document = {"uri": uri, "version": number + 1}
        client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        times.append(client.until(uri, known) - DEBOUNCE_S)
    print(f"{'edit to new hints, without debounce':36} {1e3 * statistics.median(times[2:]):7.0f} ms")
    print(f"{'slowest answer to a hint request':36} {1e3 * client.slowest:7.1f} ms")


def _many(client: Client, folder: Path) -> None:
    uris: list[str] = []
    for number in range(FILES):
        path = folder / f"net{number}.py"
        path.write_text(SMALL.format(width=32 + number))
        uris.append(client.open(path))
    for uri in uris:
        client.until(uri, {})
    resident = int(Path(f"/proc/{client.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    print(f"{f'memory of the server, {FILES} files':36} {resident / 1e6:7.0f} MB")


if __name__ == "__main__":
    main()
