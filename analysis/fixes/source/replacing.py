"""Puts one expression in the place of several statements that compute the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from ..edit import Edit
from .flow import Definition
from .term import Term

_WIDE = 100


def replaced(
    root: Term, kept: Sequence[Term], function: str, arguments: Sequence[str], after: str = ""
) -> tuple[Edit, ...] | None:
    """The edits that put a call (with `after` behind it) in the place of `root`, and take away the assignments that lead to it
    from the expressions `kept`, which the call is made of; None where something else reads what those assign, or where `kept`
    would no longer be what they were."""
    seen = list(_seen(root, kept))
    names = {id(name) for name, _ in seen}
    definitions = {id(definition.statement): definition for _, definition in seen}
    flow = root.flow
    for definition in definitions.values():
        if any(id(reader) not in names for reader in flow.readers(definition)):
            return None
    if not all(_holds_still(term, root, definitions.keys()) for term in kept):
        return None
    document = flow.document
    call = _call(root, function, arguments) + after
    return (document.replacing(root.written, call), *document.removing(d.statement for d in definitions.values()))


def _call(root: Term, function: str, arguments: Sequence[str]) -> str:
    """On one line, or with its arguments on lines of their own where that would be too wide."""
    document = root.flow.document
    statement = root.flow.statement(root.written)
    call = f"{function}({', '.join(arguments)})"
    if document.start(root.written)[1] + len(call) <= _WIDE:
        return call
    indent = " " * document.start(statement)[1]
    step = document.tree.default_indent
    inner = indent + step
    joined = ", ".join(arguments)
    held = joined if len(inner) + len(joined) <= _WIDE else f",\n{inner}".join(arguments) + ","
    return f"{function}(\n{inner}{held}\n{indent})"


def _seen(term: Term, kept: Sequence[Term]) -> Iterator[tuple[cst.Name, Definition]]:
    """The names between `term` and the kept expressions, with what gives them their values. Numbers stay where they are."""
    if term.number is not None or any(term.written is other.written or term.same(other) for other in kept):
        return
    if term.definition is not None and isinstance(term.written, cst.Name):
        yield term.written, term.definition
    found = term.guarded
    for operand in found.operands if found is not None else ():
        yield from _seen(operand, kept)


def _holds_still(term: Term, root: Term, removed: Iterable[int]) -> bool:
    """Whether an expression gives at the place of `root` what it gives at its own."""
    flow, reads = root.flow, term.reads()
    for name in term.names():
        definition = flow.definition(name)
        if definition is not None and id(definition.statement) in removed:
            return False
    own = flow.statement(root.written)
    passed = (statement for statement in flow.between(term.written, root.written) if statement is not own)
    return not any(flow.changed(statement) & reads for statement in passed if id(statement) not in removed)
