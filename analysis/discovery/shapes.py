"""Shapes that the text states: `torch.randn(2, 3, 224, 224)`, names of them, and what `summary(model, ...)` is given."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import cast

from .scopes import Bindings

Shaped = tuple[tuple[int, ...], str]

_FLOAT = frozenset({"randn", "rand", "zeros", "ones", "empty", "normal", "FloatTensor", "Tensor", "full"})
_INT = frozenset({"randint", "LongTensor", "IntTensor"})
_SAME = frozenset(
    "to cuda cpu type requires_grad_ contiguous detach clone numpy from_numpy Variable div sub mul add clamp normal_ xpu".split()
)
_CASTS = {
    "long": "int64",
    "int": "int32",
    "half": "float16",
    "bfloat16": "bfloat16",
    "float": "float32",
    "bool": "bool",
}
_MOST_STEPS = 12


def tensor_of(node: ast.expr, bindings: Mapping[str, ast.expr | None], steps: int = _MOST_STEPS) -> Shaped | None:
    """Shape and dtype of the tensor that an expression makes, when the text states them."""
    if isinstance(node, ast.Name):
        value = bindings.get(node.id)
        return tensor_of(value, bindings, steps - 1) if value is not None and steps else None
    if isinstance(node, ast.BinOp):
        return (
            tensor_of(node.left, bindings, steps - 1) or tensor_of(node.right, bindings, steps - 1) if steps else None
        )
    if not isinstance(node, ast.Call) or not steps:
        return None
    name = _last(node.func)
    if name in _FLOAT | _INT and not _is_method_of_tensor(node.func):
        return _made(node, name, bindings)
    inner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if name in _CASTS and inner is not None:
        found = tensor_of(inner, bindings, steps - 1)
        return (found[0], _CASTS[name]) if found else None
    if name in _SAME:
        sources = [*([inner] if inner is not None else []), *node.args[:1]]
        return next((found for source in sources if (found := tensor_of(source, bindings, steps - 1))), None)
    return None


def sizes_of(node: ast.expr, bindings: Mapping[str, ast.expr | None]) -> tuple[int, ...] | None:
    """The sizes that a tuple or list of literals states."""
    value = constant(node, bindings)
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,)
    if not isinstance(value, tuple):
        return None
    items = cast("Sequence[object]", value)
    sizes = tuple(item for item in items if isinstance(item, int) and not isinstance(item, bool) and item > 0)
    return sizes if sizes and len(sizes) == len(items) else None


def constant(node: ast.expr, bindings: Mapping[str, ast.expr | None], steps: int = _MOST_STEPS) -> object:
    """The value of numbers, strings, tuples and arithmetic on them; None for anything else."""
    if not steps:
        return None
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        value = bindings.get(node.id)
        return constant(value, bindings, steps - 1) if value is not None else None
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(constant(item, bindings, steps - 1) for item in node.elts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = constant(node.operand, bindings, steps - 1)
        return -value if isinstance(value, int | float) else None
    if isinstance(node, ast.BinOp):
        left, right = (constant(side, bindings, steps - 1) for side in (node.left, node.right))
        return _arithmetic(node.op, left, right)
    return None


def _arithmetic(operator: ast.operator, left: object, right: object) -> object:
    if not (isinstance(left, int) and isinstance(right, int)):
        return None
    if isinstance(operator, ast.Mult):
        return left * right
    if isinstance(operator, ast.Add):
        return left + right
    if isinstance(operator, ast.Sub):
        return left - right
    if isinstance(operator, ast.FloorDiv) and right:
        return left // right
    return 2**right if isinstance(operator, ast.Pow) and left == 2 and 0 <= right < 32 else None


def _made(node: ast.Call, name: str, bindings: Mapping[str, ast.expr | None]) -> Shaped | None:
    keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    places = node.args
    if "size" in keywords:
        sizes = sizes_of(keywords["size"], bindings)
    elif name in _INT and name == "randint":
        sizes = sizes_of(places[-1], bindings) if places and isinstance(places[-1], ast.Tuple | ast.List) else None
    elif name == "full" or (places and isinstance(places[0], ast.Tuple | ast.List | ast.Name) and len(places) == 1):
        sizes = sizes_of(places[0], bindings) if places else None
    else:
        sizes = sizes_of(ast.Tuple(elts=list(places)), bindings)
    default = "int64" if name in _INT else "float32"
    dtype = _last(keywords["dtype"]) if "dtype" in keywords else default
    known = {"long": "int64", "int": "int32", "half": "float16", "float": "float32", "double": "float64"}
    dtype = known.get(dtype, dtype)
    plain = dtype if dtype in (*_CASTS.values(), "float64", "uint8") else default
    return (sizes, plain) if sizes else None


def _is_method_of_tensor(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call)


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


__all__ = ["Bindings", "Shaped", "constant", "sizes_of", "tensor_of"]
