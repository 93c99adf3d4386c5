"""What the frames of an error say beside its words: the failing condition, the tensors at hand, the running module.

torch's own layers say by their sizes what they accept.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import textwrap
import tokenize
from traceback import walk_tb
from types import FrameType
from typing import Any

import torch
from torch import nn

from .conditions import compared, evaluated, subscripts
from .errors import Diagnosis, read_message

_CONVOLUTIONS = {
    1: (nn.Conv1d, nn.ConvTranspose1d),
    2: (nn.Conv2d, nn.ConvTranspose2d),
    3: (nn.Conv3d, nn.ConvTranspose3d),
}
_NORMS = {2: (nn.BatchNorm2d, nn.InstanceNorm2d), 3: (nn.BatchNorm3d, nn.InstanceNorm3d)}


def diagnose(error: BaseException, model: nn.Module) -> Diagnosis:
    """Reads an error of `forward`."""
    frames = list(walk_tb(error.__traceback__))
    message = str(error)
    module = next(
        (f.f_locals["self"] for f, _ in reversed(frames) if isinstance(f.f_locals.get("self"), nn.Module)), None
    )
    found = Diagnosis(_place(module, model), message)
    read_message(message, found)
    user = [(frame, line) for frame, line in frames if not _is_torch(frame)]
    if user:
        frame = user[-1][0]
        lines = [linecache.getline(f.f_code.co_filename, number).strip() for f, number in user]
        found.line, found.outer = lines[-1], " ".join(lines[:-1])
        _read_assertion(error, frame, found)
        _read_index(error, [frame for frame, _ in user[-2:]], found)
    if frames:
        _read_tensors(frames, found)
    if user:
        _read_last(user[-1][0], found)
    if module is not None:
        _read_module(module, frames, found)
    found.names = {
        name for frame, _ in frames[-1:] for name in re.findall(r"\w+", found.line) if name in frame.f_locals
    }
    return found


def abstract_method(error: BaseException) -> str:
    """The method that only raises `NotImplementedError`, for the classes below to write; empty when another error arose."""
    frames = list(walk_tb(error.__traceback__)) if isinstance(error, NotImplementedError) else []
    if not frames or not isinstance(frames[-1][0].f_locals.get("self"), nn.Module):
        return ""
    code = frames[-1][0].f_code
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    try:
        definition = ast.parse(textwrap.dedent("".join(inspect.getblock(lines)))).body[0]
    except (SyntaxError, IndexError, tokenize.TokenError):
        return ""
    body = [item for item in getattr(definition, "body", []) if not isinstance(item, ast.Expr)]
    return code.co_name if len(body) == 1 and isinstance(body[0], ast.Raise) else ""


def _is_torch(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__") or ""
    return name == "torch" or name.startswith(("torch.", "einops", "_graphperf_agent"))


def _place(module: nn.Module | None, model: nn.Module) -> str:
    """`fc (in_features 512)`: the running module and what it says of itself."""
    if module is None or module is model:
        return "forward"
    path = next((name for name, item in model.named_modules() if item is module), type(module).__name__)
    for attribute in (
        "in_features",
        "in_channels",
        "normalized_shape",
        "num_features",
        "num_channels",
        "input_size",
        "embed_dim",
    ):
        given = getattr(module, attribute, None)
        if isinstance(given, (int, tuple)):
            return f"{path} ({attribute} {given})"
    return path


def _read_assertion(error: BaseException, frame: FrameType, found: Diagnosis) -> None:
    """Both sides of the comparison in the failing `assert` or in the `if` above the failing `raise`."""
    if not isinstance(error, (AssertionError, ValueError, RuntimeError)):
        return
    for node, left, right in compared(frame):
        _read_comparison(node, left, right, frame, found)
        texts = [right] if isinstance(right, str) else right if isinstance(right, (list, tuple)) else []
        if isinstance(node.left, ast.Name) and not isinstance(left, str):
            found.options.setdefault(node.left.id, []).extend(t for t in texts if isinstance(t, str))


def _read_index(error: BaseException, frames: list[FrameType], found: Diagnosis) -> None:
    """Numbers that go past the end of a list, from which the failing line takes an item, are to be its length. A comprehension
    has a frame of its own."""
    if not isinstance(error, IndexError) or "list index out of range" not in str(error):
        return
    numbers = {n for frame in frames for n in frame.f_locals.values() if type(n) is int}
    for _, given in subscripts(frames[-1], frames[-1].f_lineno, list):
        longer = sorted(n for n in numbers if n > len(given) > 0)
        if longer:
            found.sizes += [(n, len(given)) for n in longer]
            found.ranks.clear()


def _read_last(frame: FrameType, found: Diagnosis) -> None:
    """How many parts a dimension is to have which a line takes apart: `x, y, w, h = boxes.unbind(-1)`, pairs of real numbers."""
    apart = re.search(r"(?<![\w.])(\w+)\.unbind\((?:dim=)?(-?\d+)?\)", found.line)
    count = re.search(r"values to unpack \(expected (\d+)", found.message)
    given = frame.f_locals.get(apart[1]) if apart is not None else None
    place = int(apart[2] or 0) if apart is not None else 0
    if count is not None and isinstance(given, torch.Tensor) and -given.dim() <= place < given.dim():
        found.sizes.insert(0, (given.shape[place], int(count[1])))
        found.ranks.clear()
        found.shifts.clear()
    last = re.search(r"last dimension of size (\d+)", found.message)
    if last is not None:
        found.sizes += [(item.shape[-1], int(last[1])) for item in found.exact[: found.near] if item.dim()]


def _read_comparison(node: ast.Compare, left: Any, right: Any, frame: FrameType, found: Diagnosis) -> None:
    if isinstance(left, (tuple, list)) and isinstance(right, (tuple, list)) and len(left) == len(right):
        found.sizes += [(a, b) for a, b in zip(left, right) if isinstance(a, int) and isinstance(b, int) and a != b]  # noqa: B905
    if not (isinstance(left, int) and isinstance(right, int)):
        return
    remainder = node.left
    if isinstance(remainder, ast.BinOp) and isinstance(remainder.op, ast.Mod):
        got, divisor = evaluated(remainder.left, frame), evaluated(remainder.right, frame)
        if isinstance(got, int) and isinstance(divisor, int) and divisor:
            found.divisors.append((got, divisor))
        return
    text = ast.unparse(node.left) if hasattr(ast, "unparse") else ""
    if re.search(r"dim\(\)|ndim|len\(.*shape", text):
        found.ranks.append(right)
    elif text.startswith("len("):  # of a part of the shape, perhaps
        found.shifts.append(right - left)
    elif left != right:
        found.sizes += [(left, right), (right, left)]


def _read_tensors(frames: list[tuple[FrameType, int]], found: Diagnosis) -> None:
    """Tensors in the innermost frames of modules and functions, nearest first; in each those that the failing line names.

    Those of PyTorch's inside are others.
    """
    words = set(re.findall(r"\w+", found.line))
    for frame, _ in reversed(frames):
        if (frame.f_globals.get("__name__") or "").startswith(("_graphperf_agent", "torch._")):
            continue
        for _, item in sorted(frame.f_locals.items(), key=lambda local: local[0] not in words):
            if isinstance(item, torch.Tensor) and not isinstance(item, nn.Parameter):
                found.exact.append(item)
        found.near = found.near or len(found.exact)
        if len(found.exact) > 12:
            break


def _read_module(module: nn.Module, frames: list[tuple[FrameType, int]], found: Diagnosis) -> None:
    """What torch's own layers accept, against what they were given."""
    given = _given(module, frames)
    if not type(module).__module__.startswith("torch."):
        _read_weight(module, found)
    if given is None:
        return
    shape = tuple(given.shape)
    for rank, classes in [*_CONVOLUTIONS.items(), *_NORMS.items()]:
        if isinstance(module, classes):
            found.channels_first = True
            if len(shape) != rank + 2:
                found.ranks.append(rank + 2)
            wanted = module.in_channels if isinstance(module, _CONVOLUTIONS[rank]) else module.num_features
            if len(shape) > 1 and shape[1] != wanted:
                found.sizes.insert(0, (shape[1], wanted))
    if isinstance(module, nn.GroupNorm) and len(shape) > 1:
        found.channels_first = True
        found.sizes.insert(0, (shape[1], module.num_channels))
    if isinstance(module, nn.Linear) and shape and shape[-1] != module.in_features:
        found.sizes.insert(0, (shape[-1], module.in_features))
    if isinstance(module, nn.LayerNorm) and shape and shape[-1] != module.normalized_shape[-1]:
        found.sizes.insert(0, (shape[-1], module.normalized_shape[-1]))
    if isinstance(module, (nn.Embedding, nn.EmbeddingBag)) and given.dtype not in (torch.int64, torch.int32):
        found.dtypes.insert(0, "int64")
    if isinstance(module, (nn.Linear, nn.LayerNorm, *_CONVOLUTIONS[2])) and not given.dtype.is_floating_point:
        found.dtypes.insert(0, "float32")


def _read_weight(module: nn.Module, found: Diagnosis) -> None:
    """A module of one's own with the weight of a convolution."""
    weight = vars(module).get("_parameters", {}).get("weight")
    if isinstance(weight, torch.Tensor) and "conv" in found.line and weight.dim() in (3, 4, 5):
        found.channels_first = True
        found.ranks.append(weight.dim())
        near = [item for item in found.exact[:4] if item.dim() == weight.dim() and item is not weight]
        found.sizes += [(int(item.shape[1]), int(weight.shape[1])) for item in near]


def _given(module: nn.Module, frames: list[tuple[FrameType, int]]) -> torch.Tensor | None:
    for frame, _ in reversed(frames):
        if frame.f_locals.get("self") is module and frame.f_code.co_name in ("forward", "_conv_forward"):
            given = frame.f_locals.get("input", frame.f_locals.get("x"))
            return given if isinstance(given, torch.Tensor) else None
    return None
