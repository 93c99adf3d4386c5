"""What can be read of layers without running anything: parameters of those that are constructed with plain numbers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import cast

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Layer:
    """Names of the arguments in order with their defaults (`...`: required), and parameters as a function of them."""

    arguments: Mapping[str, object]
    parameters: Callable[[Values], int]


def _sizes(value: object, dimensions: int = 1) -> tuple[int, ...]:
    """One number a dimension, from one number or a tuple. Raises `TypeError` for anything else."""
    several = isinstance(value, tuple)
    sizes = cast("tuple[object, ...]", value) if several else (value,) * dimensions
    if not all(isinstance(size, int) for size in sizes):
        raise TypeError(value)
    return cast("tuple[int, ...]", sizes)


def _size(value: object) -> int:
    return _sizes(value)[0]


def _convolution(dimensions: int, *, transposed: bool) -> _Layer:
    middle = {"stride": 1, "padding": 0}
    rest = (
        {"output_padding": 0, "groups": 1, "bias": True, "dilation": 1}
        if transposed
        else {"dilation": 1, "groups": 1, "bias": True}
    )

    def parameters(given: Values) -> int:
        inputs, outputs = _size(given["in_channels"]), _size(given["out_channels"])
        taps = prod(_sizes(given["kernel_size"], dimensions))
        return inputs * outputs * taps // _size(given["groups"]) + (outputs if given["bias"] else 0)

    required = dict.fromkeys(("in_channels", "out_channels", "kernel_size"), cast("object", ...))
    return _Layer({**required, **middle, **rest}, parameters)


def _linear(given: Values) -> int:
    inputs, outputs = _size(given["in_features"]), _size(given["out_features"])
    return inputs * outputs + (outputs if given["bias"] else 0)


def _attention(given: Values) -> int:
    width = _size(given["embed_dim"])
    return 4 * width * width + (4 * width if given["bias"] else 0)


_LAYERS: Mapping[str, _Layer] = {
    **{f"Conv{n}d": _convolution(n, transposed=False) for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _convolution(n, transposed=True) for n in (1, 2, 3)},
    **{
        f"BatchNorm{n}d": _Layer(
            {"num_features": ..., "eps": 0, "momentum": 0, "affine": True},
            lambda given: 2 * _size(given["num_features"]) if given["affine"] else 0,
        )
        for n in (1, 2, 3)
    },
    "Linear": _Layer({"in_features": ..., "out_features": ..., "bias": True}, _linear),
    "Embedding": _Layer(
        {"num_embeddings": ..., "embedding_dim": ...},
        lambda given: _size(given["num_embeddings"]) * _size(given["embedding_dim"]),
    ),
    "GroupNorm": _Layer(
        {"num_groups": ..., "num_channels": ..., "eps": 0, "affine": True},
        lambda given: 2 * _size(given["num_channels"]) if given["affine"] else 0,
    ),
    "LayerNorm": _Layer(
        {"normalized_shape": ..., "eps": 0, "elementwise_affine": True, "bias": True},
        lambda given: (
            prod(_sizes(given["normalized_shape"])) * (1 + bool(given["bias"])) if given["elementwise_affine"] else 0
        ),
    ),
    "MultiheadAttention": _Layer({"embed_dim": ..., "num_heads": ..., "dropout": 0, "bias": True}, _attention),
}


def static_parameters(tree: ast.Module) -> dict[int, int]:
    """Line → parameters of the layers of `torch.nn` that are constructed there with plain numbers."""
    names = _names(tree)
    found: dict[int, int] = {}
    for node in ast.walk(tree):
        layer = _LAYERS.get(names(node.func)) if isinstance(node, ast.Call) else None
        count = _count(cast("ast.Call", node), layer) if layer else None
        if count:
            line = cast("ast.Call", node).lineno
            found[line] = found.get(line, 0) + count
    return found


def _names(tree: ast.Module) -> Callable[[ast.expr], str]:
    """The name that an expression has in `torch.nn`, else nothing."""
    modules, classes = {"torch.nn"}, dict[str, str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.asname for alias in node.names if alias.name == "torch.nn" and alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module == "torch":
            modules |= {alias.asname or alias.name for alias in node.names if alias.name == "nn"}
        elif isinstance(node, ast.ImportFrom) and node.module == "torch.nn":
            classes |= {alias.asname or alias.name: alias.name for alias in node.names}

    def name(function: ast.expr) -> str:
        if isinstance(function, ast.Name):
            return classes.get(function.id, "")
        return function.attr if isinstance(function, ast.Attribute) and ast.unparse(function.value) in modules else ""

    return name


def _count(call: ast.Call, layer: _Layer) -> int | None:
    """Parameters of a layer; None where an argument that it takes them from is no plain number."""
    given = dict(layer.arguments)
    try:
        given |= {name: ast.literal_eval(value) for name, value in zip(given, call.args, strict=False)}
        given |= {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg in given}
        return layer.parameters(given)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
