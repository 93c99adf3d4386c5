"""Norms in the lower precision: models that cast to it themselves, as timm's do with its fast norms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..graph import Graph

_NORMS = frozenset({"layer_norm", "group_norm", "rms_norm"})


def with_fast_norms(graph: Graph, files: str) -> Graph:
    """`graph` whose layer, group and RMS norms follow the policy `explicit` of `policies.toml` instead of FP32 where they are
    called in files whose paths go on so, as "timm/layers/norm": classes that inherit such a `forward` are among them, PyTorch's
    own, which do not cast, are called elsewhere."""
    operators = tuple(
        replace(operator, target=f"explicit.fast_{operator.kind}.default")
        if operator.kind in _NORMS and operator.source and f"/{files}" in Path(operator.source[0].file).as_posix()
        else operator
        for operator in graph.operators
    )
    return replace(graph, operators=operators)
