"""The fused graph: kernels in execution order, with their operators and what flows between them; as SVG, DOT and JSON."""

from .dot import graph_dot
from .nodes import FusedGraph, fused_graph
from .svg import STYLE, graph_svg

__all__ = ["STYLE", "FusedGraph", "fused_graph", "graph_dot", "graph_svg"]
