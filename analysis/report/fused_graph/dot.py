"""The fused graph in Graphviz' language."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .. import units
from ..palette import PALETTE
from .nodes import FusedGraph, KernelNode


def graph_dot(graph: FusedGraph) -> str:
    """A `digraph`: a node a kernel, with its operators below its name."""
    return "\n".join(_statements(graph)) + "\n"


def _statements(graph: FusedGraph) -> Iterator[str]:
    yield f"digraph {_quoted(graph.model)} {{"
    yield f"  label={_quoted(_label(graph))};"
    yield '  node [shape=box, style="filled,rounded", fontname="sans-serif", fontsize=10];'
    for kernel in graph.kernels:
        colour = PALETTE[kernel.bottleneck][0]
        yield f'  k{kernel.id} [label={_quoted(_lines(kernel))}, color="{colour}", fillcolor="{colour}24"];'
    yield from (f"  k{edge.source} -> k{edge.target};" for edge in graph.edges)
    yield "}"


def _label(graph: FusedGraph) -> str:
    texts = [f"{graph.model} on {graph.hardware}", graph.precision, graph.mode, graph.note]
    return " · ".join(text for text in texts if text)


def _lines(kernel: KernelNode) -> str:
    figures = f"{units.percent(kernel.edp_share)} · {units.seconds(kernel.latency_s)} · {kernel.bottleneck}"
    return "\n".join([kernel.name, "+".join(operator.kind for operator in kernel.operators), figures])


def _quoted(text: str) -> str:
    """A quoted string; JSON's escapes of quotes and line ends are Graphviz' too."""
    return json.dumps(text, ensure_ascii=False)
