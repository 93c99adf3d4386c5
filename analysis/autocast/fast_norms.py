"""Norms in the lower precision: models that cast to it themselves, as timm's do with its fast norms."""

from __future__ import annotations

from dataclasses import replace

from ..graph import Graph

_NORMS = frozenset({"layer_norm", "group_norm", "rms_norm"})


def with_fast_norms(graph: Graph) -> Graph:
    """`graph` whose layer, group and RMS norms follow the policy `explicit` of `policies.toml` instead of FP32."""
    operators = tuple(
        replace(operator, target=f"explicit.fast_{operator.kind}.default") if operator.kind in _NORMS else operator
        for operator in graph.operators
    )
    return replace(graph, operators=operators)
