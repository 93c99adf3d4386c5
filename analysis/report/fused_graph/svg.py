"""The fused graph as SVG: a box a kernel, coloured by what bounds it, a line in it for each operator."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from .. import units
from ..palette import in_full
from .layout import Layout, layout
from .nodes import FusedGraph, KernelNode

STYLE = Path(__file__).with_name("graph.css").read_text("utf-8")
_WIDTH, _HEADER, _LINE, _FOOT = 216.0, 20.0, 14.0, 5.0
_MOST_LINES = 6
_MOST_LETTERS = 24


def graph_svg(graph: FusedGraph, *, alone: bool = False) -> str:
    """The drawing; `alone` with its colours, as a file of its own, else to be styled by the page that holds it."""
    sizes = [(_WIDTH, _HEADER + _LINE * len(_lines(kernel)) + _FOOT) for kernel in graph.kernels]
    place = {kernel.id: number for number, kernel in enumerate(graph.kernels)}
    placed = layout(sizes, [(place[edge.source], place[edge.target]) for edge in graph.edges])
    width, height = f"{placed.width:.0f}", f"{placed.height:.0f}"
    body = "".join([*_flows(graph, placed), *_boxes(graph, placed, [size[1] for size in sizes])])
    style = f"<style>{in_full(STYLE)}</style>" if alone else ""
    name = escape(f"Kernels of {graph.model} on {graph.hardware}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="fused" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{name}">{style}{body}</svg>'
    )


def _flows(graph: FusedGraph, placed: Layout) -> Iterator[str]:
    """What flows out of each kernel, as one path."""
    for number, kernel in enumerate(graph.kernels):
        parts: list[str] = []
        for (x, y), (to_x, to_y) in placed.lines.get(number, ()):
            middle = (y + to_y) / 2
            bend = (
                f"V{to_y:.0f}" if x == to_x else f"C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"
            )
            parts.append(f"M{x:.0f} {y:.0f}{bend}")
        if parts:
            yield f'<path class="flow" data-source="{kernel.id}" d="{"".join(parts)}"/>'


def _boxes(graph: FusedGraph, placed: Layout, heights: list[float]) -> Iterator[str]:
    for kernel, (x, y), height in zip(graph.kernels, placed.corners, heights, strict=True):
        shown = (
            f'<text class="operator" x="10" y="{_HEADER + _LINE * (row + 0.75):.0f}">{escape(line)}</text>'
            for row, line in enumerate(_lines(kernel))
        )
        yield (
            f'<g class="kernel {kernel.bottleneck}" data-kernel="{kernel.id}" transform="translate({x:.0f} {y:.0f})">'
            f"<title>{escape(_title(kernel))}</title>"
            f'<rect class="box" width="{_WIDTH:.0f}" height="{height:.0f}" rx="3"/>'
            f'<rect class="edge" width="3" height="{height:.0f}"/>'
            f'<text x="10" y="14">{escape(_ending(kernel.name, _MOST_LETTERS))}</text>'
            f'<text class="share" x="{_WIDTH - 6:.0f}" y="14">{escape(units.percent(kernel.edp_share))}</text>'
            f"{''.join(shown)}</g>"
        )


def _lines(kernel: KernelNode) -> list[str]:
    """The kinds of its operators, those in a row together."""
    kinds: list[tuple[str, int]] = []
    for operator in kernel.operators:
        if kinds and kinds[-1][0] == operator.kind:
            kinds[-1] = operator.kind, kinds[-1][1] + 1
        else:
            kinds.append((operator.kind, 1))
    texts = [f"{kind} ×{times}" if times > 1 else kind for kind, times in kinds]
    if len(texts) > _MOST_LINES:
        texts = [*texts[: _MOST_LINES - 1], f"and {len(texts) - _MOST_LINES + 1} more"]
    return [_ending(text, _MOST_LETTERS + 6) for text in texts]


def _title(kernel: KernelNode) -> str:
    figures = f"{units.seconds(kernel.latency_s)} · {units.joules(kernel.energy_j)} · {kernel.bottleneck}-bound"
    return f"{kernel.name} · {units.percent(kernel.edp_share)} of EDP · {figures}"


def _ending(text: str, most: int) -> str:
    """The end of a long name: that is what tells layers apart."""
    return text if len(text) <= most else f"…{text[1 - most :]}"
