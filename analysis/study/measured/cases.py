"""Rows of measurements in one shape, whoever published them."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Any

from ....hardware_profiles.toml_file import read
from ...fusion import Mode
from ...numerics import Numerics, parse_numerics
from ...what_if import WhatIf, WhatIfs

Row = Mapping[str, str]
_PRECISIONS = {"fp32(no TF32)": "fp32", "fp32 (TF32 allowed in cuDNN)": "tf32-conv"}
_MODES: Mapping[str, tuple[Mode, WhatIfs]] = {
    "": ("eager", frozenset()),
    "inductor": ("compiled", frozenset()),
    "cuda-graph": ("eager", frozenset({WhatIf.CUDA_GRAPHS})),
    "tensorrt": ("tensorrt", frozenset()),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One measured latency in seconds, of a model or of an operator. `label` is the device's id here.

    `package` holds the model, and `size` is its input: pixels of a side or tokens. An operator has its `shape` instead.
    """

    source: str
    name: str
    device: str
    framework: str
    numerics: Numerics
    mode: Mode
    what_if: WhatIfs
    batch: int
    seconds: float
    size: str = ""
    package: str = ""
    shape: tuple[tuple[str, float], ...] = ()
    parameters: float | None = None

    @property
    def is_operator(self) -> bool:
        """Whether it is a single operator."""
        return bool(self.shape)

    @property
    def held_out(self) -> bool:
        """Whether no constant was fitted to it: another device or source, or of the third of subjects kept apart."""
        if (self.device, self.source) not in _fitted():
            return True
        return int(md5(f"{self.name}{self.shape or ''}".encode()).hexdigest(), 16) % 3 == 0


@cache
def sources() -> Mapping[str, Any]:
    """What names in tables stand for."""
    return read(Path(__file__).with_name("sources.toml"))[1]


@cache
def _fitted() -> frozenset[tuple[str, str]]:
    return frozenset((each["device"], each["source"]) for each in sources()["fitted"])


def read_cases(paths: Sequence[Path]) -> tuple[list[Case], Counter[str]]:
    """The cases of tables (CSV, also gzipped; folders of such), and why rows were left out, with how many.

    Raises `OSError`, and `ValueError` where a file is no such table.
    """
    cases: list[Case] = []
    left: Counter[str] = Counter()
    for path in _files(paths):
        for line, row in enumerate(_rows(path), 2):
            try:
                found = _case(row)
            except (KeyError, ValueError) as error:
                raise ValueError(f"{path}:{line}: {error}") from error
            if isinstance(found, Case):
                cases.append(found)
            else:
                left[found] += 1
    return cases, left


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        yield from (sorted(p for p in path.iterdir() if ".csv" in p.suffixes) if path.is_dir() else [path])


def _rows(path: Path) -> Iterator[Row]:
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        columns = set(reader.fieldnames or ())
        if not ({"model", "latency_ms"} <= columns or {"op", "shape"} <= columns or {"hardware", "kind"} <= columns):
            if "fw_latency_ms" in columns:
                return
            raise ValueError(f"{path}: no table of measurements: it has neither model and latency_ms nor op and shape")
        yield from reader


def _case(row: Row) -> Case | str:
    if "hardware" in row:
        return _edge(row)
    device = _device(row["device"])
    if device is None:
        return f"no profile for {row['device']}"
    return _operator(row, device) if "op" in row else _model(row, device)


def _device(label: str, mode: str = "") -> str | None:
    known: dict[str, str] = sources()["devices"]
    found = known.get(label) or known.get(label.replace("_", " "))
    found = found or {name.replace("-", " "): value for name, value in known.items()}.get(re.sub("[-_]", " ", label))
    return f"{found}@{mode.lower()}" if found and mode else found


def _model(row: Row, device: str) -> Case | str:
    if row["mode"] != "infer":
        return "training is not timed"
    if row["compiled"] not in _MODES:
        return f"{row['compiled']} runs are not modelled"
    for each in sources()["left_out"]:
        if row["source"] == each["source"] and row["model"].startswith(each["model"]):
            return f"{each['model']}: {each['reason']}"
    package = sources()["sources"].get(row["source"])
    if row["source"] == "graphperf":
        package = row["target"].partition(":")[0].partition(".")[0]
    if package is None or not row["latency_ms"] or not row["batch"]:
        return f"models of {row['source']} are not known"
    if package == "transformers" and row["model"] not in sources()["transformers"]:
        return f"{row['model']} is not known"
    mode, what_if = _MODES[row["compiled"]]
    if row["framework"].startswith("TensorRT"):
        mode = "tensorrt"
    if "fusion" in row["note"]:
        mode = "compiled"
    if row["layout"] == "nhwc":
        what_if |= {WhatIf.CHANNELS_LAST}
    numerics = parse_numerics(_PRECISIONS.get(row["precision"], row["precision"]))
    published = re.search(r"params_m=([\d.]+)", row["note"])
    return Case(
        row["source"], row["model"], device, row["framework"], numerics, mode, what_if, int(row["batch"]),
        float(row["latency_ms"]) / 1e3, size=_size(row["input"]), package=package,
        parameters=1e6 * float(published[1]) if published else None,
    )  # fmt: skip


def _size(text: str) -> str:
    """`224`, `seq1024`, `1x3x224x224` and `[(1, 3, 224, 224)]` name a side or a length."""
    numbers = re.findall(r"\d+", text)
    return numbers[-1] if numbers else ""


def _operator(row: Row, device: str) -> Case | str:
    shape = tuple((name, float(value)) for name, value in re.findall(r"(\w+)=([\d.]+)", row["shape"]))
    if not shape or not row["latency_ms"]:
        return "operators without a shape"
    numerics = parse_numerics(row["dtype"])
    seconds = float(row["latency_ms"]) / 1e3
    return Case(row["source"], row["op"], device, row["split"], numerics, "eager", frozenset(), 1, seconds, shape=shape)


def _edge(row: Row) -> Case | str:
    if row["kind"] != "model" or "mlp" in row["source_path"] or "dla" in row["hardware"]:
        return "single operators, MLP sweeps and DLA runs of branes-ai/graphs"
    mode = row["power_mode"] if row["power_mode"] in ("15W", "30W", "50W", "MAXN") else ""
    device = _device(row["hardware"], mode)
    if device is None:
        return f"no profile for {row['hardware']}"
    numerics = parse_numerics(_PRECISIONS.get(row["precision"], row["precision"]))
    return Case(
        "branes-ai/graphs", row["name"], device, "pytorch", numerics, "eager", frozenset(), int(row["batch"]),
        float(row["latency_s"]), size=_size(row["shape"]), package="torchvision",
    )  # fmt: skip
