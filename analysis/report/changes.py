"""What changed between two revisions: a table of models, and under each the layers that make the difference, with the reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from ..bounds.measure import Measure, reason
from ..study.changes.compare import Comparison, Layer, LayerChange, ModelChange
from . import units
from .table import aligned, markdown

_HEADER = ("model", "hardware", "latency", "energy", "EDP", "memory")
_LEFT = frozenset(_HEADER)
_LAYERS = ("layer", "latency", "why")
_MOST_LAYERS = 10


def as_text(found: Comparison) -> str:
    """For a terminal."""
    return "\n".join(_lines(found, in_markdown=False)) + "\n"


def as_markdown(found: Comparison) -> str:
    """For a comment on a change."""
    return "\n".join(_lines(found, in_markdown=True)) + "\n"


def _lines(found: Comparison, *, in_markdown: bool) -> list[str]:
    if not found.models:
        return ["No model differs."]
    table = markdown if in_markdown else aligned
    compared = [model for model in found.models if model.before is not None or model.after is not None]
    lines = table(_HEADER, [_row(model) for model in compared], _LEFT) if compared else []
    for model in compared:
        if model.before is not None and model.after is not None:
            title = f"{model.name} on {model.hardware}"
            lines += ["", f"**{title}**" if in_markdown else title, "", reason(model.before, model.after)]
            if model.layers:
                rows = [_layer_row(change) for change in model.layers[:_MOST_LAYERS]]
                lines += ["", *table(_LAYERS, rows, frozenset(_LAYERS))]
                rest = len(model.layers) - _MOST_LAYERS
                lines += (
                    ["", f"{units.count(rest, 'more layer')} differ{'s' if rest == 1 else ''}."] if rest > 0 else []
                )
    lines += [f"{'- ' * in_markdown}{model.name}: {model.problem}" for model in found.models if model.problem]
    return [*lines, "", _findings(found)]


def _row(model: ModelChange) -> list[str]:
    return [model.name, model.hardware, *_figures(model.before, model.after)]


def _figures(before: Measure | None, after: Measure | None) -> list[str]:
    old, new = (side.figures if side is not None else None for side in (before, after))
    columns = (
        ("latency_s", units.seconds),
        ("energy_j", units.joules),
        ("edp", units.edp),
        ("memory_bytes", units.data),
    )
    texts: list[str] = []
    for name, shown in columns:
        was, is_ = (getattr(side, name) if side is not None else None for side in (old, new))
        if was is None or is_ is None:
            texts.append(f"new: {shown(is_)}" if is_ is not None else f"gone: {shown(was or 0.0)}")
        else:
            texts.append(f"{shown(was)} → {shown(is_)}, {units.difference(was, is_)}")
    return texts


def _layer_row(change: LayerChange) -> list[str]:
    before, after = change.before, change.after
    if before is None or after is None:
        known = after or before
        assert known is not None
        return [change.name, f"{'+' if after else '−'}{units.seconds(known.seconds)}", "new" if after else "gone"]
    latency = f"{units.seconds(before.seconds)} → {units.seconds(after.seconds)}"
    return [change.name, latency, layer_reason(before, after)]


def layer_reason(before: Layer, after: Layer) -> str:
    """`MACs +25 %, traffic +25 %, result 1×64×56×56 → 1×80×56×56`."""
    texts = [
        f"{name} {units.difference(was, is_) if was else f'0 → {units.large(is_, unit)}'}"
        for name, was, is_, unit in (("MACs", before.macs, after.macs, ""), ("traffic", before.bytes, after.bytes, "B"))
        if was != is_
    ]
    if before.shape != after.shape:
        texts.append(f"result {units.shape(before.shape)} → {units.shape(after.shape)}")
    return ", ".join(texts) or "the same work, dispatched or fused otherwise"


def _findings(found: Comparison) -> str:
    old, new = (Counter(f.code for f in side) for side in (found.old.findings, found.new.findings))
    if not old and not new:
        return "No findings in either revision."
    texts = [f"{code} {old[code]} → {new[code]}" for code in sorted(old | new) if old[code] != new[code]]
    return (
        f"Findings: {', '.join(texts)}."
        if texts
        else f"Findings: {units.count(sum(new.values()), 'finding')}, as before."
    )


def as_records(found: Comparison) -> dict[str, Any]:
    """For programs."""
    return {
        "models": [{**asdict(model), "layers": [asdict(layer) for layer in model.layers]} for model in found.models]
    }
