"""What the words of an error say: which size was found, which was wanted, of which rank or dtype a tensor should be."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass, field

import torch

_N = r"(\d+)"

# Patterns whose groups are (found, wanted).
_FOUND_WANTED = [
    re.compile(rf"mat1 and mat2 shapes cannot be multiplied \(\d+x{_N} and {_N}x\d+\)"),
    re.compile(rf"same reduction dim, but got \[\d+, {_N}\] X \[{_N}, \d+\]"),
    re.compile(rf"running_mean should contain {_N} elements not {_N}"),
    re.compile(rf"Got {_N}, expected {_N}"),
    re.compile(rf"has size {_N} for operand \d+ which does not broadcast with previously seen size {_N}"),
    re.compile(rf"size of tensor a \({_N}\) must match the size of tensor b \({_N}\)"),
    re.compile(rf"expanded size of the tensor \({_N}\) must match the existing size \({_N}\)"),
    re.compile(rf"[Rr]eceived {_N}.*expected {_N}"),
    re.compile(rf"\(\d+x{_N}\).*\({_N}x\d+\)"),
    re.compile(rf"\({_N}\) (?:doesn't|does not|must|should) match\D*\({_N}\)"),
]
# Patterns whose groups are (wanted, found).
_WANTED_FOUND = [
    re.compile(rf"to have {_N} channels, but got {_N} channels"),
    re.compile(rf"[Ee]xpected(?: size)?:? {_N},? (?:but )?got:?(?: size)? {_N}"),
    re.compile(rf"expecting embedding dimension of {_N}, but got {_N}"),
    re.compile(rf"input_size\. Expected {_N}, got {_N}"),
    re.compile(rf"weight of shape \[{_N}\] and input of shape \[\d+, {_N}"),
    re.compile(rf"normalized_shape=\[(?:\d+, )*{_N}\].*got input of size\s*\[(?:\d+, )*{_N}\]"),
    re.compile(rf"[Ee]xpected(?: size)? {_N} in dimension \d+ but got {_N}"),
    re.compile(rf"(?:must|should) (?:be|have|match|equal)\D*{_N}\D*(?:got|not|but|found|is)\D*{_N}"),
    re.compile(rf"[Ee]xpected\D*{_N}\D*(?:got|received|found)\D*{_N}"),
]
# Messages with shapes that need not be alike.
_SAYS_ALL = re.compile(r"reduction dim|multiplied|to have \d+ channels")
_SPLIT = re.compile(rf"split_sizes to sum exactly to {_N} .*split_sizes=\[([\d, ]+)\]")
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
    re.compile(r"dimensions in the tensor input does not match.*dims\.size\(\) = (\d+)|len\(dims\) = (\d+)"),
    re.compile(r"must (?:be|have) (?:a )?(\d)[- ]?(?:[Dd]|dim)"),
]
# Of what was made of an input: by einops, by PyTorch.
_MADE_RANKS = [
    re.compile(r"expected (?P<wanted>\d+) dims\. Received (?P<got>\d+)-dim tensor"),
    re.compile(r"input\.dim\(\) = (?P<got>\d+) is not equal to len\(dims\) = (?P<wanted>\d+)"),
    re.compile(
        r"subscripts in the equation \((?P<wanted>\d+)\) does not match the number of dimensions \((?P<got>\d+)\)"
    ),
    re.compile(r"expected (?P<wanted>\d)D input \(got (?P<got>\d)D input\)"),
    re.compile(
        r"number of sizes provided \((?P<wanted>\d)\) must be greater or equal to the number of dimensions in the tensor"
        r" \((?P<got>\d)\)"
    ),
]
_SMALL = re.compile(
    r"Kernel size can't be greater|Invalid computed output size|[Oo]utput size.*too small|less than the input dimension"
    r"|smaller than kernel|Padding size should be less|negative dimension|Expected more than 1|out of bounds"
    r"|must be greater than",
)
# A batch of one that `squeeze()` took away.
_SQUEEZED = re.compile(r"expected 2D or 3D input \(got 1D input\)|Expected more than 1 value per channel")
_RANK_ABOVE = re.compile(
    r"tuple index out of range|Dimension out of range|list index out of range|too many indices|index out of range in self"
)


@dataclass
class Diagnosis:
    """Read from an error. `place` says where it was in words; `exact` are tensors that were found where it arose, the first
    `near` of them nearest, which were computed from the `inputs` of the model.

    `options` are texts that the failing condition compares a name with.
    `rank` is what a tensor has that should have another. `line` is the innermost of the user's, `outer` those that led to it.
    """

    place: str
    message: str
    sizes: list[tuple[int, int]] = field(default_factory=list)
    divisors: list[tuple[int, int]] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)
    shifts: list[int] = field(default_factory=list)
    rank: int = -1
    batches: list[int] = field(default_factory=list)
    dtypes: list[str] = field(default_factory=list)
    exact: list[torch.Tensor] = field(default_factory=list)
    near: int = 0
    inputs: set[str] = field(default_factory=set)
    too_small: bool = False
    channels_first: bool = False
    needs_values: bool = False
    line: str = ""
    outer: str = ""
    names: set[str] = field(default_factory=set)
    options: dict[str, list[str]] = field(default_factory=dict)


def read_message(message: str, found: Diagnosis) -> None:
    for patterns, swap in ((_FOUND_WANTED, False), (_WANTED_FOUND, True)):
        for pattern in patterns:
            for match in pattern.finditer(message):
                first, second = (int(group) for group in match.groups())
                found.sizes.append((second, first) if swap else (first, second))
    if "tensor a" in message or "expanded size" in message or "match except" in message:
        found.sizes += [(wanted, got) for got, wanted in found.sizes]
    if not _SAYS_ALL.search(message):
        _read_shapes(message, found)
    for pattern in _DIVISORS:
        for match in pattern.finditer(message):
            found.divisors.append((int(match[1] or 0), int(match[2])))
    _read_view(message, found)
    _read_split(message, found)
    if "match except in dimension" in message:
        found.divisors.append((0, 64))
    for pattern in _RANKS:
        for match in pattern.finditer(message):
            found.ranks.append(int(next(group for group in match.groups() if group)))
    if "repeat dims can not be smaller" in message:
        found.shifts.append(-1)
    padding = re.search(r"Padding size (\d+) is not supported for", message)
    if padding is not None:  # that of k dimensions, behind a channel, and a batch
        found.ranks += [int(padding[1]) // 2 + 2, int(padding[1]) // 2 + 1]
    if _SQUEEZED.search(message):
        found.batches.append(2)
    _read_dtype(message, found)
    unpacked = re.search(r"not enough values to unpack \(expected (?:at least )?(\d+), got (\d+)\)", message)
    if unpacked is not None:
        found.shifts.append(int(unpacked[1]) - int(unpacked[2]))
    for pattern in _MADE_RANKS:
        for match in pattern.finditer(message):
            found.rank = int(match["got"])
            found.shifts.append(int(match["wanted"]) - found.rank)
    found.too_small = bool(_SMALL.search(message))
    if _RANK_ABOVE.search(message):
        found.ranks += [4, 3, 5, 2]
    found.needs_values = "value of a computed tensor" in message or "meta tensor" in message.lower()


def _read_view(message: str, found: Diagnosis) -> None:
    """A view of another number of elements, or of so many that the batch does not have them."""
    match = re.search(r"shape '\[([-\d, ]+)\]' is invalid for input of size (\d+)", message)
    if match is None:
        return
    sizes, given = [int(size) for size in match[1].split(",")], int(match[2])
    if -1 not in sizes:
        found.sizes.append((given, math.prod(sizes)))
    least = math.prod(size for size in sizes if size > 0)
    if {-1, 0} & set(sizes) and least > given > 0 and least % given == 0:
        found.batches.append(least // given)
    elif -1 in sizes and least < given < 2 * least:
        found.sizes.append((given, least))


def _read_split(message: str, found: Diagnosis) -> None:
    """Parts that a dimension does not sum to."""
    match = _SPLIT.search(message)
    if match is not None:
        found.sizes.insert(0, (int(match[1]), sum(int(size) for size in match[2].split(","))))


def _read_shapes(message: str, found: Diagnosis) -> None:
    """Two shapes in a message differ where something is wrong."""
    shapes = [tuple(map(int, re.findall(r"\d+", text))) for text in re.findall(r"[\[(]((?:\d+, ?)+\d+)[\])]", message)]
    for first, second in itertools.combinations(shapes[:3], 2):
        pairs = zip(first[::-1], second[::-1])  # noqa: B905 (Python 3.9)
        different = [(a, b) for a, b in pairs if a != b and not ("broadcast" in message and 1 in (a, b))]
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
    if "non-complex dtypes" in low:
        found.dtypes.append("complex64")
    if "bool" in low and "bitwise" not in low and "got torch.bool" not in low:
        found.dtypes.append("bool")
    if re.search(
        r"long int != |same dtype|expected floating|floating point|long and|for 'long'|should be float|float instead",
        low,
    ):
        found.dtypes.append("float32")
    if "bitwise" in low or "masked_fill" in low:
        found.dtypes.append("bool")
