"""Reads the result that an earlier line computed in the place of computing it again."""

from __future__ import annotations

from functools import partial

import libcst as cst

from ..fix import Fix, Rewriting
from ..place import Place
from ..source.document import dotted
from ..source.term import Term

# Modules whose result depends on their input alone, in training too.
_PURE = frozenset({
    "Linear", "Conv1d", "Conv2d", "Conv3d", "LayerNorm", "GroupNorm", "Embedding", "Sigmoid", "Tanh", "Softmax", "GELU", "SiLU",
    "AvgPool2d", "MaxPool2d", "AdaptiveAvgPool2d", "Upsample",
})  # fmt: skip
_RANDOM = ("dropout", "rand", "bernoulli", "normal", "multinomial", "batch_norm", "rrelu")


def _rewrite(place: Place) -> Rewriting | None:
    return place.rewriting(partial(_computed_before, place))


def _computed_before(place: Place, root: Term) -> Rewriting | None:
    """`root` is the same as all of what an earlier statement assigns to a name that still holds it."""
    if not isinstance(root.written, cst.Call | cst.BinaryOperation) or not _is_pure(root):
        return None
    flow, document = root.flow, root.flow.document
    for statement in flow.earlier(root.written):
        first = _assigned(statement)
        if first is None or document.code(first[1]) != root.code:
            continue
        name, value = first
        passed = (found for found in flow.between(value, root.written) if found is not statement)
        held = not any(name.value in flow.changed(found) for found in passed)
        lines = {*document.lines(value), *document.lines(root.written)}
        if held and Term(flow, value).same_at(root) and not any(map(place.written_later, place.running(lines))):
            return Rewriting((document.replacing(root.written, name.value),))
    return None


def _assigned(statement: cst.BaseStatement) -> tuple[cst.Name, cst.BaseExpression] | None:
    part = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 else None
    if isinstance(part, cst.Assign) and len(part.targets) == 1 and isinstance(part.targets[0].target, cst.Name):
        return part.targets[0].target, part.value
    return None


def _is_pure(root: Term) -> bool:
    """Whether every call in an expression gives the same again, and leaves nothing behind."""
    return all(_is_pure_call(call, root) for call in root.flow.document.every(cst.Call, root.written))


def _is_pure_call(call: cst.Call, root: Term) -> bool:
    document = root.flow.document
    full = document.full_name(call.func)
    if full.startswith("torch."):
        return not full.endswith("_") and not any(part in full for part in _RANDOM)
    if not isinstance(call.func, cst.Attribute):
        return False
    name = call.func.attr.value
    if dotted(call.func.value) != "self":
        return not dotted(call.func).startswith("self.") and not name.endswith("_") and name not in _RANDOM
    owner = document.innermost(root.flow.function, cst.ClassDef)
    values = document.attributes(owner, name) if owner is not None else []
    made = {document.full_name(v.func).removeprefix("torch.nn.") if isinstance(v, cst.Call) else "" for v in values}
    return bool(made) and made <= _PURE


FIX = Fix("reuse the result that was computed before", _rewrite)
