"""Norms in the lower precision: models that cast to it themselves, as timm's do with its fast norms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..graph import Graph

_NORMS = frozenset({"layer_norm", "group_norm", "rms_norm"})


def with_fast_norms(graph: Graph, folder: str) -> Graph:
    """`graph` whose layer, group and RMS norms follow the policy `explicit` of `policies.toml` instead of FP32 where the class of
    their module is defined in a file of such a folder, as "timm/layers": PyTorch's own classes do not cast."""
    own = {
        module.path
        for module in graph.modules
        if module.defined and f"/{folder}/" in Path(module.defined.file).as_posix()
    }
    operators = tuple(
        replace(operator, target=f"explicit.fast_{operator.kind}.default")
        if operator.kind in _NORMS and operator.module in own
        else operator
        for operator in graph.operators
    )
    return replace(graph, operators=operators)
