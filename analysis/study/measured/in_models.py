"""Rows of operators as they ran within models, with the shapes of what they read and made."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import prod
from typing import Any, cast

from ....hardware_profiles import Precision
from .cases import Case, sources

FRAMEWORK = "in models"
Shape = tuple[int, ...]
_PRECISIONS = {"torch.float32": Precision.FP32, "torch.float16": Precision.FP16, "torch.bfloat16": Precision.BF16}


def operator_in_model(row: Mapping[str, str], device: str) -> Case | str:
    """What a row measured, forwards, or why it is left out. Raises `ValueError` for shapes that are none."""
    name = _operator(row["target"])
    if name is None or row["dtype"] not in _PRECISIONS:
        return "operators within models that are views, of integers, or not known"
    output = tuple(map(int, re.findall(r"\d+", row["output_shape"])))
    found = _sides(name, _shapes(row["input_shapes"]), output)
    if found is None or not row["fw_latency_ms"]:
        return "operators within models whose shapes do not tell what they do"
    name, sides = found
    shape = tuple((side, float(size)) for side, size in sides.items())
    seconds = float(row["fw_latency_ms"]) / 1e3
    precision = _PRECISIONS[row["dtype"]]
    return Case(row["source"], name, device, FRAMEWORK, precision, "eager", frozenset(), 1, seconds, shape=shape)


def _shapes(text: str) -> list[Shape]:
    found: Any = json.loads(text)
    if not _filled(found) or not all(
        _filled(shape) and all(isinstance(size, int) for size in shape) for shape in found
    ):
        raise ValueError(f"input_shapes {text!r}: no list of shapes")
    return [tuple(shape) for shape in found]


def _filled(value: Any) -> bool:
    return isinstance(value, list) and bool(cast("list[Any]", value))


def _operator(target: str) -> str | None:
    """By the function's name, or by the last part of a module's path."""
    function = re.match(r"<(?:built-in )?(?:method|function) (\w+)", target)
    known: Mapping[str, str] = sources()["in_models"]["functions" if function else "modules"]
    return known.get(function[1] if function else target.rpartition(".")[2])


def _sides(name: str, inputs: list[Shape], output: Shape) -> tuple[str, dict[str, int]] | None:
    """The operator, a scalar's by its own name (`addu`), and its sides; None where an operand has another shape."""
    if len(output) < 2:
        return None
    if name == "bmm":
        (batch, m, k), n = inputs[0], output[-1]
        return name, {"B": batch, "M": m, "K": k, "N": n}
    if name == "linear":
        operand = inputs[1] if len(inputs) == 3 else inputs[0]  # `addmm` has its bias first
        return name, {"B": 1, "M": prod(operand[:-1]), "K": operand[-1], "N": output[-1]}
    if inputs[0] != output:
        return None
    if name in sources()["in_models"]["of_two"]:
        if len(inputs) != 2 or inputs[1] not in (output, (1,)):
            return None
        name += "" if inputs[1] == output else "u"
    return name, {"B": prod(output[:-1]), "H": output[-1]}
