"""Times graphperf-lint on a repository of many generated models: unchanged, and anew with one and with two jobs.

    python benchmarks/lint.py [--files 200] [--runs 3]

Prints medians, and ratios to importing torch in the same run. Shared machines are noisy: quote the ratios. What two processes
can gain on a machine at all, importing torch and memory included, is shown by two runs at once, each on half of the files.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LINT = ["-m", "graphperf.analysis.cli.lint", ".", "--output-format", "json", "--output-file", os.devnull, "--exit-zero"]
MODEL = '''import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    """A residual block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.second(F.relu(self.norm(self.first(x)))))


# graphperf: input=(1, 3, 64, 64)
class Net{number}(nn.Module):
    """A small classifier."""

    def __init__(self, classes: int = {classes}) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, {width}, 3, padding=1)
        self.blocks = nn.Sequential(*(Block({width}) for _ in range({depth})))
        self.head = nn.Linear({width}, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))
'''


def write_repository(folder: Path, numbers: Iterable[int]) -> None:
    """A file for each number, with a model of its own size, in packages of ten."""
    for number in numbers:
        package = folder / f"package{number // 10}"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
        width, depth = 16 + number % 24, 1 + number % 4
        text = MODEL.format(number=number, classes=10 + number, width=width, depth=depth)
        (package / f"net{number}.py").write_text(text, "utf-8")


def seconds(command: Sequence[str], folder: Path, cache: Path | None = None) -> float:
    """The wall time of a command of this Python."""
    environment = os.environ | ({"XDG_CACHE_HOME": str(cache)} if cache is not None else {})
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def cold(folder: Path, jobs: int) -> float:
    """Everything anew: an empty cache."""
    with tempfile.TemporaryDirectory() as cache:
        return seconds([*LINT, "--jobs", str(jobs)], folder, Path(cache))


def apart(halves: Sequence[Path]) -> float:
    """Both halves at once, in runs that know nothing of each other."""
    start = time.perf_counter()
    with ThreadPoolExecutor(len(halves)) as threads:
        list(threads.map(lambda half: cold(half, 1), halves))
    return time.perf_counter() - start


def loads_torch(folder: Path, cache: Path) -> bool:
    """Whether an unchanged run imports torch."""
    program = "import sys, runpy; sys.argv[:] = ['lint', *sys.argv[1:]]\n"
    program += "try: runpy.run_module('graphperf.analysis.cli.lint', run_name='__main__')\n"
    program += "except SystemExit: sys.exit('torch' in sys.modules)"
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    return (
        subprocess.run([sys.executable, "-c", program, *LINT[2:]], cwd=folder, env=environment, check=False).returncode
        != 0
    )


def main() -> None:
    """Writes the repository, times, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder, cache = Path(place) / "repository", Path(place) / "cache"
        write_repository(folder, range(asked.files))
        halves = [Path(place) / "even", Path(place) / "odd"]
        for first, half in enumerate(halves):
            write_repository(half, range(first, asked.files, 2))
        seconds([*LINT], folder, cache)
        pairs = [
            (seconds(["-c", "import torch"], folder), seconds(LINT, folder, cache)) for _ in range(2 * asked.runs + 1)
        ]
        torch, unchanged = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"import torch          {torch:6.2f} s")
        print(f"unchanged             {unchanged:6.2f} s  {unchanged / torch:.2f} x import torch")
        print(f"torch imported        {'yes' if loads_torch(folder, cache) else 'no':>6}")
        runs = [(cold(folder, 1), cold(folder, 2), apart(halves)) for _ in range(asked.runs)]
        one, *two = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"cold, --jobs 1        {one:6.2f} s")
        for name, taken in zip(("cold, --jobs 2", "two runs of halves"), two, strict=True):
            print(f"{name:<20}  {taken:6.2f} s  {one / taken:.2f} x faster")


if __name__ == "__main__":
    main()
