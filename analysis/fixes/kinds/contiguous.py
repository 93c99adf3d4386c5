"""Takes `.contiguous()` away where what follows reads the data as it lies."""

from __future__ import annotations

from functools import partial

import libcst as cst

from ..fix import Fix, Rewriting
from ..place import Place
from ..source.term import Term


def _rewrite(place: Place) -> Rewriting | None:
    return place.rewriting(partial(_copied, place))


def _copied(place: Place, root: Term) -> Rewriting | None:
    call, document = root.written, root.flow.document
    if not isinstance(call, cst.Call) or call.args or not isinstance(call.func, cst.Attribute):
        return None
    copies = place.running(document.lines(call), "clone", "contiguous")
    if call.func.attr.value != "contiguous" or not copies or any(place.written_later(copy) for copy in copies):
        return None
    statement = root.flow.statement(call)
    if _only_copies(statement, call):
        return Rewriting(tuple(document.removing([statement])))
    return Rewriting((document.replacing(call, document.code(call.func.value)),))


def _only_copies(statement: cst.BaseStatement, call: cst.Call) -> bool:
    """Whether a statement is `x = x.contiguous()`."""
    part = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 else None
    if not isinstance(part, cst.Assign) or part.value is not call or len(part.targets) != 1:
        return False
    target, of = part.targets[0].target, call.func.value if isinstance(call.func, cst.Attribute) else None
    return isinstance(target, cst.Name) and isinstance(of, cst.Name) and target.value == of.value


FIX = Fix("leave out contiguous", _rewrite)
