"""Rows of tables as measured figures, source by source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ....hardware_profiles import profile
from ...fusion import Mode
from ...measurement.rows import row_of
from ...numerics import parse_numerics, runs_in
from ...what_if import WhatIf, WhatIfs
from .cases import Case, sources
from .in_models import operator_in_model
from .own import own_case

Row = Mapping[str, str]
_PRECISIONS = {"fp32(no TF32)": "fp32", "fp32 (TF32 allowed in cuDNN)": "tf32-conv"}
_MODES: Mapping[str, tuple[Mode, WhatIfs]] = {
    "": ("eager", frozenset()),
    "inductor": ("compiled", frozenset()),
    "cuda-graph": ("eager", frozenset({WhatIf.CUDA_GRAPHS})),
    "tensorrt": ("tensorrt", frozenset()),
}
_SHAPES = {"linear": "MKN", "matmul": "MKN", "vector_add": "H"}  # the sides of `64x128x96 (MxKxN)`
_OPERATORS = {"matmul": "linear", "vector_add": "add"}


def cases_of(row: Row, named: Mapping[str, str]) -> Iterator[Case | str]:
    """What a row measured, or why it is left out; `named`: devices by further names. Raises `KeyError` and `ValueError` for a row
    that is not whole."""
    if "hardware" in row:
        yield from _edge(row)
        return
    own = row.get("source") == "graphperf"
    device = named.get(row["device"].lower()) if own or (device := _device(_label(row))) is None else device
    if device is None:
        yield f"no profile for {row['device']}"
    elif "fw_latency_ms" in row:
        yield operator_in_model(row, device)
    elif "op" in row:
        yield _operator(row, device)
    elif row["source"] in sources()["power"]:
        yield _power(row, device)
    elif own:
        yield own_case(row_of(row), device)
    else:
        yield _model(row, device)


def _label(row: Row) -> str:
    """The device's name, where the table has another one."""
    for each in sources()["other_devices"]:
        if all(row.get(column) == each[column] for column in ("source", "framework", "device")):
            return str(each["is"])
    return row["device"]


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
    if package is None or not row["latency_ms"] or not row["batch"]:
        return f"models of {row['source']} are not known"
    name = sources()["names"].get(row["source"], {}).get(row["model"], row["model"])
    if package == "transformers" and name not in sources()["transformers"]:
        return f"{name} is not known"
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
        row["source"], name, device, row["framework"], numerics, mode, what_if, int(row["batch"]),
        float(row["latency_ms"]) / 1e3, size=_size(row["input"]), package=package,
        parameters=1e6 * float(published[1]) if published else None,
    )  # fmt: skip


def _size(text: str) -> str:
    """`224`, `seq1024`, `1x3x224x224` and `[(1, 3, 224, 224)]` name a side or a length."""
    numbers = re.findall(r"\d+", text)
    return numbers[-1] if numbers else ""


def _operator(row: Row, device: str) -> Case | str:
    sides: Mapping[str, str] = sources()["sides"].get(row["source"], {})
    shape = tuple((sides.get(name, name), float(value)) for name, value in re.findall(r"(\w+)=([\d.]+)", row["shape"]))
    if not shape or not row["latency_ms"]:
        return "operators without a shape"
    for each in sources()["left_out_operators"]:
        if (row["source"], row["op"]) == (each["source"], each["operator"]) and row["split"] not in each["kept"]:
            return str(each["reason"])
    numerics = parse_numerics(row["dtype"])
    seconds = float(row["latency_ms"]) / 1e3
    return Case(row["source"], row["op"], device, row["split"], numerics, "eager", frozenset(), 1, seconds, shape=shape)


def _power(row: Row, device: str) -> Case | str:
    """Mean power of training, at the limit that the board has of itself."""
    source = sources()["power"][row["source"]]
    limit = re.search(r"power_limit_w=(\d+)", row["note"])
    if limit is None or float(limit[1]) != profile(device).power.tdp.si:
        return f"power limits of {row['source']} below the board's own"
    model = source["models"].get(f"{row['model']} {row['input']}")
    if model is None:
        return f"{row['model']} on {row['input']} is not known"
    numerics = parse_numerics(source["precision"])
    if not runs_in(profile(device), numerics):
        numerics = parse_numerics("fp32")
    return Case(
        row["source"], model["name"], device, row["framework"], numerics, "eager", frozenset(),
        int(row["batch"]), float(row["power_w"]), str(model["size"]), model["package"], quantity="power",
    )  # fmt: skip


def _edge(row: Row) -> Iterator[Case | str]:
    if "mlp" in row["source_path"] or "dla" in row["hardware"]:
        yield "MLP sweeps and DLA runs of branes-ai/graphs"
        return
    mode = row["power_mode"] if row["power_mode"] in ("15W", "30W", "50W", "MAXN") else ""
    device = _device(row["hardware"], mode)
    if device is None:
        yield f"no profile for {row['hardware']}"
        return
    numerics = parse_numerics(_PRECISIONS.get(row["precision"], row["precision"]))
    seconds, batch = float(row["latency_s"]), int(row["batch"] or 1)
    found = Case("branes-ai/graphs", row["name"], device, "pytorch", numerics, "eager", frozenset(), batch, seconds)
    if row["kind"] == "model":
        yield replace(found, size=_size(row["shape"]), package="torchvision")
    elif row["name"] in _SHAPES:
        sides = tuple(zip(_SHAPES[row["name"]], map(float, re.findall(r"\d+", row["shape"])), strict=True))
        found = replace(found, name=_OPERATORS.get(row["name"], row["name"]), batch=1, shape=(("B", 1.0), *sides))
        yield found
        if "energy: good" in row["trust"]:
            yield replace(found, measured=float(row["energy_j"]) / seconds, quantity="power")
    else:
        yield f"single {row['name']} of branes-ai/graphs"
