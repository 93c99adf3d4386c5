"""Times graphperf's captures against other tools, on the same models, in the same run. Prints medians and ratios.

    python benchmarks/run.py [--repeats 11]

Needs the `bench` extra (fvcore, torchinfo). Shared machines are noisy: quote the ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from models import write_chain, write_llama, write_resnet50

from graphperf.analysis.capture import AgentPool, PoolCapturer, file_request
from graphperf.analysis.discovery import FileTarget, discover
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.settings import Options

# Seconds that the server waits for the next keystroke: the next capture's process gets ready in them.
_DEBOUNCE = 0.25


def main() -> None:
    """Runs every benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=11)
    repeats: int = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        imports = _commands("import", [sys.executable, "-c", "import torch, torchvision"], 3)
        print(f"{'import torch, torchvision':44} {imports * 1e3:9.0f} ms")
        _command_line(folder, imports)
        with AgentPool() as pool:
            warm = _warm_edit(folder, pool, repeats)
            _memory(folder, pool)
            _growth(folder, pool)
        _others(folder, warm, repeats)


def _median(action: Callable[[], object], repeats: int, pause: float = 0.0) -> float:
    """Seconds of an action, with a pause before each."""
    action()
    times: list[float] = []
    for _ in range(repeats):
        time.sleep(pause)
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _commands(_: str, command: list[str], repeats: int) -> float:
    def run() -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    return _median(run, repeats)


def _command_line(folder: Path, imports: float) -> None:
    path = write_resnet50(folder)
    command = [str(Path(sys.executable).with_name("graphperf")), "analyze", str(path)]
    for words, extra in (("graphperf analyze, cold", ["--no-cache"]), ("graphperf analyze, unchanged file", [])):
        seconds = _commands(words, [*command, *extra], 5)
        print(f"{words:44} {seconds * 1e3:9.0f} ms   {seconds / imports:5.2f} of the import")


def _warm_edit(folder: Path, pool: AgentPool, repeats: int) -> float:
    """Seconds from an edited text to its graph."""
    capturer = PoolCapturer(pool)
    edits = iter(range(1, 10**6))

    def graph() -> None:
        path = write_resnet50(folder, next(edits))
        text = path.read_text()
        model = next(model for model in discover(text).classes if model.name == "ResNet50")
        assert capturer.capture(file_request(path, text, model, (), "", None)).graph is not None

    def estimate() -> None:
        assert analyze(FileTarget(write_resnet50(folder, next(edits))), Options(), capturer).results

    in_a_row = _median(graph, repeats)
    print(f"{'edit to graph, warm, ResNet-50, in a row':44} {in_a_row * 1e3:9.0f} ms")
    seconds = _median(graph, repeats, _DEBOUNCE)
    print(f"{'edit to graph, warm, ResNet-50':44} {seconds * 1e3:9.0f} ms")
    print(f"{'edit to estimate, warm, ResNet-50':44} {_median(estimate, repeats, _DEBOUNCE) * 1e3:9.0f} ms")
    return seconds


def _memory(folder: Path, pool: AgentPool) -> None:
    agent = pool.agent()
    for words, pid in (("host", os.getpid()), ("agent", agent.process_id)):
        print(f"{'resident memory, ' + words:44} {_resident(pid) / 1e6:9.0f} MB")
    target = FileTarget(write_llama(folder))
    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(analyze, target, Options(), PoolCapturer(pool))
        most = 0.0
        while not running.done():
            most = max([most, *(_resident(child) for child in _children(agent.process_id))])
        (result,) = (r for r in running.result().results if r.graph.model == "Llama70B")
    words = f"resident memory, capture of {result.graph.parameters / 1e9:.1f} G parameters"
    print(f"{words:44} {most / 1e6:9.0f} MB, what it shares with the agent included")


def _children(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(number) for number in path.read_text().split()] if path.exists() else []


def _resident(process: int) -> float:
    """Bytes of a process in memory now; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    found = [int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS")]
    return float(found[0]) if found else 0.0


def _growth(folder: Path, pool: AgentPool) -> None:
    capturer = PoolCapturer(pool)
    options = Options(inputs=(((1, 64), "float32"),), seconds=300)
    base = 0.0
    for layers in (10, 100, 1000, 10000):
        target = FileTarget(write_chain(folder, layers))
        start = time.perf_counter()
        assert analyze(target, options, capturer).results
        each = (time.perf_counter() - start) / layers
        base = each if layers == 1000 else base
        ratio = f"   {each / base:5.2f} of the 1,000-layer case" if layers == 10000 else ""
        print(f"{f'{layers} layers, an operator':44} {each * 1e6:9.0f} µs{ratio}")


def _others(folder: Path, warm: float, repeats: int) -> None:
    import runpy

    import torch
    from torch.utils.flop_counter import FlopCounterMode

    model_class = runpy.run_path(str(write_resnet50(folder)))["ResNet50"]
    shape = (1, 3, 224, 224)

    def fvcore() -> None:
        from fvcore.nn import FlopCountAnalysis

        analysis = FlopCountAnalysis(model_class().eval(), torch.randn(shape))
        analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()

    def torchinfo() -> None:
        import torchinfo as info

        info.summary(model_class().eval(), input_size=shape, verbose=0)

    def flop_counter() -> None:
        with FlopCounterMode(display=False):
            model_class().eval()(torch.randn(shape))

    def export() -> None:
        torch.export.export(model_class().eval(), (torch.randn(shape),))

    torch.set_grad_enabled(False)
    for words, tool in (("fvcore.FlopCountAnalysis", fvcore), ("torchinfo.summary", torchinfo),
                        ("torch.utils.flop_counter", flop_counter), ("torch.export", export)):  # fmt: skip
        seconds = _median(tool, min(repeats, 5))
        print(f"{words:44} {seconds * 1e3:9.0f} ms   graphperf takes {warm / seconds:5.2f} of it")


if __name__ == "__main__":
    main()
