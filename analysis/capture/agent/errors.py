"""What an error says: which size was found, which was wanted, and of which rank or dtype a tensor should be.

Two sources: the words of the message, and the module that was running, whose own sizes say what it accepts.
"""

from __future__ import annotations

import ast
import itertools
import linecache
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any

import torch
from torch import nn

_CONVOLUTIONS = {
    1: (nn.Conv1d, nn.ConvTranspose1d),
    2: (nn.Conv2d, nn.ConvTranspose2d),
    3: (nn.Conv3d, nn.ConvTranspose3d),
}
_NORMS = {2: (nn.BatchNorm2d, nn.InstanceNorm2d), 3: (nn.BatchNorm3d, nn.InstanceNorm3d)}
_N = r"(\d+)"

# Patterns whose groups are (found, wanted).
_FOUND_WANTED = [
    re.compile(rf"mat1 and mat2 shapes cannot be multiplied \(\d+x{_N} and {_N}x\d+\)"),
    re.compile(rf"same reduction dim, but got \[\d+, {_N}\] X \[{_N}, \d+\]"),
    re.compile(rf"running_mean should contain {_N} elements not {_N}"),
    re.compile(rf"Got {_N}, expected {_N}"),
    re.compile(rf"size of tensor a \({_N}\) must match the size of tensor b \({_N}\)"),
    re.compile(rf"expanded size of the tensor \({_N}\) must match the existing size \({_N}\)"),
    re.compile(rf"[Rr]eceived {_N}.*expected {_N}"),
    re.compile(rf"\(\d+x{_N}\).*\({_N}x\d+\)"),
]
# Patterns whose groups are (wanted, found).
_WANTED_FOUND = [
    re.compile(rf"to have {_N} channels, but got {_N} channels"),
    re.compile(rf"[Ee]xpected(?: size)?:? {_N},? (?:but )?got:?(?: size)? {_N}"),
    re.compile(rf"expecting embedding dimension of {_N}, but got {_N}"),
    re.compile(rf"input_size\. Expected {_N}, got {_N}"),
    re.compile(rf"weight of shape \[{_N}\] and input of shape \[\d+, {_N}"),
    re.compile(rf"normalized_shape=\[(?:\d+, )*{_N}\].*got input of size\s*\[(?:\d+, )*{_N}\]"),
    re.compile(rf"(?:must|should) (?:be|have|match|equal)\D*{_N}\D*(?:got|not|but|found|is)\D*{_N}"),
    re.compile(rf"[Ee]xpected\D*{_N}\D*(?:got|received|found)\D*{_N}"),
]
_DIVISORS = [
    re.compile(rf"{_N} (?:is not|must be|should be) (?:evenly )?(?:divisible|a multiple)\D*{_N}"),
    re.compile(rf"axis of length {_N} in chunks of {_N}"),
    re.compile(r"divi[sd]\w*[^()\d]*by\D*()(\d+)"),
]
_RANKS = [
    re.compile(r"too many values to unpack \(expected (\d+)(?:, got \d+)?\)"),
    re.compile(r"[Ww]rong shape: expected (\d+) dims"),
    re.compile(r"[Ee]xpected (?:an? )?(?:input (?:as|to be) (?:an? )?)?(\d)[- ]?[Dd]"),
    re.compile(r"(\d)[- ]?[Dd](?:imensional)? (?:tensor|input)"),
    re.compile(r"number of dimensions in the tensor input does not match.*dims\.size\(\) = (\d+)|len\(dims\) = (\d+)"),
    re.compile(r"must (?:be|have) (?:a )?(\d)[- ]?(?:[Dd]|dim)"),
]
_SMALL = re.compile(
    r"Kernel size can't be greater|[Oo]utput size is too small|Output size.*too small|too small|less than the input dimension"
    r"|Padding size should be less|negative dimension|Expected more than 1|out of bounds|must be greater than",
)
_RANK_ABOVE = re.compile(
    r"tuple index out of range|Dimension out of range|list index out of range|too many indices|index out of range in self"
)


@dataclass
class Diagnosis:
    """Read from an error. `place` says where it was in words; `exact` are tensors that were found where it arose."""

    place: str
    message: str
    sizes: list[tuple[int, int]] = field(default_factory=list)
    divisors: list[tuple[int, int]] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)
    shifts: list[int] = field(default_factory=list)
    dtypes: list[str] = field(default_factory=list)
    exact: list[torch.Tensor] = field(default_factory=list)
    too_small: bool = False
    channels_first: bool = False
    needs_values: bool = False
    line: str = ""
    names: set[str] = field(default_factory=set)


def diagnose(error: BaseException, model: nn.Module) -> Diagnosis:
    """Reads an error of `forward`."""
    frames = list(_frames(error.__traceback__))
    message = str(error)
    module = next(
        (f.f_locals["self"] for f, _ in reversed(frames) if isinstance(f.f_locals.get("self"), nn.Module)), None
    )
    found = Diagnosis(_place(module, model), message)
    _read_message(message, found)
    user = [(frame, line) for frame, line in frames if not _is_torch(frame)]
    if user:
        frame, line = user[-1]
        found.line = linecache.getline(frame.f_code.co_filename, line).strip()
        _read_assertion(error, frame, found)
    if frames:
        _read_tensors(frames, found)
    if module is not None:
        _read_module(module, frames, found)
    found.names = {
        name for frame, _ in frames[-1:] for name in re.findall(r"\w+", found.line) if name in frame.f_locals
    }
    return found


def _frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


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


def _read_message(message: str, found: Diagnosis) -> None:
    for patterns, swap in ((_FOUND_WANTED, False), (_WANTED_FOUND, True)):
        for pattern in patterns:
            for match in pattern.finditer(message):
                first, second = (int(group) for group in match.groups())
                found.sizes.append((second, first) if swap else (first, second))
    if "tensor a" in message or "expanded size" in message or "match except" in message:
        found.sizes += [(wanted, got) for got, wanted in found.sizes]
    _read_shapes(message, found)
    for pattern in _DIVISORS:
        for match in pattern.finditer(message):
            found.divisors.append((int(match[1] or 0), int(match[2])))
    if "match except in dimension" in message:
        found.divisors.append((0, 64))
    for pattern in _RANKS:
        for match in pattern.finditer(message):
            found.ranks.append(int(next(group for group in match.groups() if group)))
    _read_dtype(message, found)
    unpacked = re.search(r"not enough values to unpack \(expected (\d+), got (\d+)\)", message)
    if unpacked is not None:
        found.shifts.append(int(unpacked[1]) - int(unpacked[2]))
    found.too_small = bool(_SMALL.search(message))
    if _RANK_ABOVE.search(message):
        found.ranks += [4, 3, 5, 2]
    found.needs_values = "value of a computed tensor" in message or "meta tensor" in message.lower()


def _read_shapes(message: str, found: Diagnosis) -> None:
    """Two shapes in a message differ where something is wrong."""
    shapes = [tuple(map(int, re.findall(r"\d+", text))) for text in re.findall(r"[\[(]((?:\d+, ?)+\d+)[\])]", message)]
    for first, second in itertools.combinations(shapes[:3], 2):
        pairs = zip(first[::-1], second[::-1])  # noqa: B905 (Python 3.9)
        different = [(a, b) for a, b in pairs if a != b]
        found.sizes += [pair for a, b in different for pair in ((a, b), (b, a)) if pair not in found.sizes]
        if len(first) != len(second):
            found.ranks += [len(first), len(second)]


def _read_dtype(message: str, found: Diagnosis) -> None:
    low = message.lower()
    if (
        "scalar types: long" in low
        or "tensors used as indices" in low
        or "expected tensor for argument #1 'indices'" in low
        or "int64" in low
    ):
        found.dtypes.append("int64")
    if "bool" in low and "bitwise" not in low:
        found.dtypes.append("bool")
    if re.search(
        r"long int != |same dtype|expected floating|floating point|long and|not implemented for 'long'|should be float|"
        r"float instead",
        low,
    ):
        found.dtypes.append("float32")
    if "bitwise" in low or "masked_fill" in low:
        found.dtypes.append("bool")


def _read_assertion(error: BaseException, frame: FrameType, found: Diagnosis) -> None:
    """Both sides of the comparison in the failing `assert` or in the `if` above the failing `raise`."""
    if not isinstance(error, (AssertionError, ValueError, RuntimeError)):
        return
    for test in _tests_near(frame):
        for node in ast.walk(test):
            if isinstance(node, ast.Compare) and len(node.comparators) == 1:
                left, right = _evaluated(node.left, frame), _evaluated(node.comparators[0], frame)
                _read_comparison(node, left, right, frame, found)


def comparisons(frame: FrameType) -> Iterator[tuple[ast.expr, Any]]:
    """Left sides, and the values of the right sides, of the comparisons in the condition that failed."""
    for test in _tests_near(frame):
        for node in ast.walk(test):
            if isinstance(node, ast.Compare) and len(node.comparators) == 1:
                yield node.left, _evaluated(node.comparators[0], frame)


def _read_comparison(node: ast.Compare, left: Any, right: Any, frame: FrameType, found: Diagnosis) -> None:
    if isinstance(left, (tuple, list)) and isinstance(right, (tuple, list)) and len(left) == len(right):
        found.sizes += [(a, b) for a, b in zip(left, right) if isinstance(a, int) and isinstance(b, int) and a != b]  # noqa: B905
    if not (isinstance(left, int) and isinstance(right, int)):
        return
    remainder = node.left
    if isinstance(remainder, ast.BinOp) and isinstance(remainder.op, ast.Mod):
        got, divisor = _evaluated(remainder.left, frame), _evaluated(remainder.right, frame)
        if isinstance(got, int) and isinstance(divisor, int) and divisor:
            found.divisors.append((got, divisor))
        return
    text = ast.unparse(node.left) if hasattr(ast, "unparse") else ""
    if re.search(r"dim\(\)|ndim|len\(.*shape", text):
        found.ranks.append(right)
    elif left != right:
        found.sizes += [(left, right), (right, left)]


def _tests_near(frame: FrameType) -> Iterator[ast.expr]:
    """The condition of the statement that failed."""
    name, number = frame.f_code.co_filename, frame.f_lineno
    try:
        tree = ast.parse("".join(linecache.getlines(name)))
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.lineno <= number <= (node.end_lineno or node.lineno):
            yield node.test
        if isinstance(node, ast.If) and any(
            isinstance(s, ast.Raise) and s.lineno <= number <= (s.end_lineno or 0) for s in node.body
        ):
            yield node.test


def _evaluated(node: ast.expr, frame: FrameType) -> Any:
    """The value of one side of a comparison; calls may only ask a tensor for its shape."""
    calls = [item for item in ast.walk(node) if isinstance(item, ast.Call)]
    harmless = ("size", "dim", "len", "numel", "tuple", "list", "ndimension", "max", "min")
    if any(getattr(call.func, "attr", getattr(call.func, "id", "")) not in harmless for call in calls):
        return None
    try:
        return eval(compile(ast.Expression(node), "<comparison>", "eval"), frame.f_globals, frame.f_locals)
    except Exception:  # the user's expression may fail in any way
        return None


def _read_tensors(frames: list[tuple[FrameType, int]], found: Diagnosis) -> None:
    """Tensors in the innermost frames of modules and functions, nearest first."""
    for frame, _ in reversed(frames):
        if (frame.f_globals.get("__name__") or "").startswith("_graphperf_agent"):
            break
        for item in frame.f_locals.values():
            if isinstance(item, torch.Tensor) and not isinstance(item, nn.Parameter):
                found.exact.append(item)
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
