"""What `calibrate` measures: operators of sizes that no well-known model has, each with its arithmetic and traffic by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from typing import Any

Shapes = tuple[tuple[int, ...], ...]
_KIB = 1024
_CACHED_KIB = 50_000  # beyond the last-level cache of most machines


@dataclass(frozen=True)
class BenchPoint:
    """An operator to measure. `work` is the class that its figure belongs to; `operations` as the cost functions count them.

    `cold` operands (weights) are in no cache when the operator runs; before each run the others are `written` anew, as the
    operator before it in a model does. `result` is the shape of what it returns.
    """

    work: str
    operator: str
    shapes: Shapes
    result: tuple[int, ...]
    operations: float
    cold: tuple[int, ...] = ()
    arguments: Mapping[str, int] = field(default_factory=dict[str, int])
    precision: str = "fp32"
    op: str = "operator"
    energy: bool = False
    written: bool = False

    @property
    def key(self) -> str:
        """Names the point in the file of measurements."""
        shapes = ";".join("x".join(map(str, shape)) for shape in self.shapes)
        given = ",".join(f"{name}={value}" for name, value in sorted(self.arguments.items()))
        written = "written" if self.written else ""
        return " ".join(filter(None, (self.op, self.work, self.operator, self.precision, shapes, given, written)))

    @cached_property
    def weights(self) -> int:
        """Elements of the cold operands."""
        return sum(prod(self.shapes[place]) for place in self.cold)

    @cached_property
    def activations(self) -> int:
        """Elements of the other operands and of the result."""
        return sum(map(prod, self.shapes)) - self.weights + prod(self.result)

    def request(self, seconds: float, clock: str) -> dict[str, Any]:
        """What the probe is told."""
        return {
            "op": self.op, "operator": self.operator, "shapes": self.shapes, "arguments": dict(self.arguments), "cold": self.cold,
            "precision": self.precision, "energy": self.energy, "written": self.written, "seconds": seconds, "clock": clock,
        }  # fmt: skip


def suite(device: str, precisions: Sequence[str], *, quick: bool) -> list[BenchPoint]:
    """The points for a device; `quick` leaves out every second one of a list of sizes.

    A GPU gets longer sides of products, and more images, to be filled.
    """
    scale = 4 if device == "cuda" else 1
    points = [*_dispatch(), *_traffic(scale, quick), *_vector(scale**2, quick), *_convolutions(scale**2, quick)]
    if device == "cpu":
        points += [*_weights(), *_clearing(quick)]
    for precision in dict.fromkeys(("fp32", *precisions)):
        points += _products(precision, scale, quick)
    if device == "cpu":
        points = [replace(p, written=p.op == "operator" and p.work != "stream") for p in points]
    if device == "cuda":
        points += [BenchPoint("launch", name, (), (), 0, op="launch") for name in ("stream", "graph")]
    return [*points, *_energy(precisions, scale), BenchPoint("idle", "idle", (), (), 0, op="idle")]


def _dispatch() -> Iterator[BenchPoint]:
    for operator in (
        "pointwise", "convolution", "pointwise-convolution", "depthwise", "batch-norm", "normalization", "matmul", "pool"
    ):  # fmt: skip
        yield BenchPoint("dispatch", operator, (), (), 0, op="dispatch")
        yield BenchPoint("dispatch", operator, (), (), 0, op="dispatch-alone")


def _traffic(scale: int, quick: bool) -> Iterator[BenchPoint]:
    """Additions and copies of working sets from 200 KiB to 600 MiB, times `scale`; the largest also into memory that is there."""
    sizes = [200, 400, 800, 3000, 6000, 12000, 40000, 60000, 150000, 600000]
    for total in _some(sizes, quick):
        count = scale * total * _KIB // 4
        yield BenchPoint("stream", "add", ((1, count // 3),) * 2, (1, count // 3), count / 3)
        yield BenchPoint("stream", "copy", ((1, count // 2),), (1, count // 2), 0)
        if total > _CACHED_KIB:
            yield BenchPoint("stream", "copy_into", ((1, count // 2),) * 2, (), 0)


def _vector(images: int, quick: bool) -> Iterator[BenchPoint]:
    """Operators that work on elements one by one, on rows and on windows."""
    for each in _some([(1, 40, 36, 36), (2, 72, 60, 60), (3, 144, 72, 72)], quick):
        n, c, h, w = shape = (images * each[0], *each[1:])
        count = prod(shape)
        rows = (n, h * w, c)
        smaller = (n, c, h // 2, w // 2)
        for operator, operations in (("gelu", 4), ("silu", 2), ("sigmoid", 1)):
            yield BenchPoint("transcendental", operator, (shape,), shape, operations * count)
        yield BenchPoint("normalization", "layer_norm", (rows, (c,)), rows, 7 * count)
        yield BenchPoint("softmax", "softmax", (rows,), rows, 5 * count)
        yield BenchPoint("batch-norm", "batch_norm", (shape, (c,), (c,)), shape, 2 * count)
        yield BenchPoint("reduction", "mean", (shape,), (n, c), count)
        yield BenchPoint("transpose", "permute", (shape,), (n, h, w, c), 0)
        yield BenchPoint("concatenation", "cat", (shape, shape), (n, 2 * c, h, w), 0)
        yield BenchPoint("max-pool", "max_pool", (shape,), smaller, 9 * prod(smaller))
        yield BenchPoint("average-pool", "avg_pool", (shape,), smaller, 4 * prod(smaller))


def _convolutions(images: int, quick: bool) -> Iterator[BenchPoint]:
    """(batch, channels, side, filters, taps a side, stride, groups) by class."""
    dense = [
        (1, 40, 60, 48, 3, 1, 1), (1, 80, 36, 160, 3, 1, 1), (1, 208, 18, 208, 3, 1, 1), (1, 336, 9, 400, 3, 1, 1),
        (3, 48, 60, 72, 3, 1, 1), (5, 208, 20, 176, 3, 1, 1), (3, 96, 40, 144, 3, 2, 1), (1, 56, 40, 56, 5, 1, 1),
        (1, 3, 160, 48, 5, 2, 1), (3, 3, 192, 40, 3, 2, 1), (1, 72, 26, 72, 3, 1, 1), (1, 144, 11, 144, 3, 1, 1),
        (2, 48, 160, 32, 3, 1, 1),
    ]  # fmt: skip
    pointwise = [
        (1, 40, 60, 176, 1, 1, 1), (1, 208, 30, 48, 1, 1, 1), (1, 400, 15, 112, 1, 1, 1), (1, 112, 15, 528, 1, 1, 1),
        (3, 48, 60, 176, 1, 1, 1), (5, 528, 18, 208, 1, 1, 1), (3, 208, 9, 720, 1, 1, 1), (1, 72, 26, 72, 1, 1, 1),
        (1, 240, 9, 240, 1, 1, 1), (4, 16, 150, 80, 1, 1, 1), (1, 20, 104, 72, 1, 1, 1),
    ]  # fmt: skip
    depthwise = [
        (1, 80, 60, 80, 3, 1, 80), (1, 208, 30, 208, 3, 1, 208), (1, 528, 15, 528, 3, 1, 528), (3, 208, 36, 208, 3, 2, 208),
        (3, 400, 18, 400, 5, 1, 400), (1, 112, 40, 112, 7, 1, 112), (1, 72, 26, 72, 3, 1, 72), (1, 240, 9, 240, 3, 1, 240),
        (4, 80, 120, 80, 3, 1, 80), (1, 112, 104, 112, 3, 2, 112),
    ]  # fmt: skip
    grouped = [(1, 160, 36, 160, 3, 1, 10), (1, 320, 18, 320, 3, 1, 20), (3, 240, 30, 240, 3, 1, 15)]
    lists = {"convolution": dense, "pointwise-convolution": pointwise, "depthwise": depthwise, "grouped": grouped}
    for work, sizes in lists.items():
        for n, c, side, filters, taps, stride, groups in _some(sizes, quick):
            weight = (filters, c // groups, taps, taps)
            result = (images * n, filters, side // stride, side // stride)
            operations = 2 * prod(result) * prod(weight[1:])
            arguments = {"stride": stride, "padding": taps // 2, "groups": groups}
            yield BenchPoint(work, "conv2d", ((images * n, c, side, side), weight), result, operations, (1,), arguments)


def _weights() -> Iterator[BenchPoint]:
    """Convolutions with more weights than activations, (channels, side, filters), as a compiled model calls them."""
    for c, side, filters in ((240, 10, 272), (400, 9, 336), (528, 6, 480)):
        weight, result = (filters, c, 3, 3), (1, filters, side, side)
        operations = 2 * prod(result) * prod(weight[1:])
        shapes = ((1, side, side, c), weight)
        yield BenchPoint("weights", "conv2d_compiled", shapes, result, operations, (1,), {"padding": 1})


def _clearing(quick: bool) -> Iterator[BenchPoint]:
    """First writes to memory that the system has to clear."""
    for mebibytes in _some([3, 12, 48], quick):
        yield BenchPoint("clearing", "clearing", ((mebibytes << 18,),), (), 0, op="clearing")


def _products(precision: str, scale: int, quick: bool) -> Iterator[BenchPoint]:
    sizes = [
        (56, 520, 520), (150, 650, 650), (300, 1000, 900), (760, 1100, 520), (2000, 400, 320), (2500, 160, 640),
        (24, 1500, 1500), (1, 2100, 1500), (1300, 1300, 1300), (50, 2200, 700), (100, 240, 240),
    ]  # fmt: skip
    for m, n, k in ([scale * side for side in size] for size in _some(sizes, quick)):
        shapes = ((m, k), (n, k), (n,))
        yield BenchPoint("matmul", "linear", shapes, (m, n), 2.0 * m * n * k, (1, 2), precision=precision)
    for images, m, n, k in _some([(10, 150, 150, 48), (6, 420, 80, 420)], quick):
        batch = images * scale**2
        shapes = ((batch, m, k), (batch, k, n))
        operations = 2.0 * batch * m * n * k
        yield BenchPoint("matmul", "matmul", shapes, (batch, m, n), operations, precision=precision)
    for images, heads, rows, depth in _some([(1, 10, 150, 48), (2, 5, 430, 80)], quick):
        shape = (images * scale**2, heads, rows, depth)
        operations = 4.0 * prod(shape) * rows
        yield BenchPoint("attention", "attention", (shape,) * 3, shape, operations, precision=precision)


def _energy(precisions: Sequence[str], scale: int) -> Iterator[BenchPoint]:
    """The device kept busy by arithmetic, and by traffic."""
    size = 2600 * scale
    for precision in dict.fromkeys(("fp32", *precisions)):
        shapes = ((size, size), (size, size))
        yield BenchPoint("energy", "matmul", shapes, (size, size), 2.0 * size**3, precision=precision, energy=True)
    count = 150 << 18
    yield BenchPoint("energy", "copy", ((1, count),), (1, count), 0, energy=True)


def _some(sizes: Sequence[Any], quick: bool) -> Sequence[Any]:
    return sizes[::2] if quick else sizes
