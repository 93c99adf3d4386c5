"""What the names of a function hold: which assignment a name sees, and who else sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from .document import Document, dotted

Block = cst.IndentedBlock | cst.Module
_LOOPS = (cst.For, cst.While)


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """`name = value`, or `name += value` (`augmented`), as all that a statement does; `guard`: only `if guard is not None`.

    `target` is the name where it is assigned.
    """

    target: cst.Name
    statement: cst.BaseStatement
    value: cst.BaseExpression
    augmented: cst.BaseAugOp | None = None
    guard: cst.BaseExpression | None = None


class Flow:
    """The names of one function."""

    def __init__(self, document: Document, function: cst.FunctionDef) -> None:
        self.document = document
        self.function = function
        self._changed: dict[cst.CSTNode, frozenset[str]] = {}

    def definition(self, name: cst.Name) -> Definition | None:
        """The one assignment that a name sees, where that is certain."""
        for statement in self.earlier(name):
            if name.value in self.changed(statement):
                return _defining(statement, name.value)
        return None

    def version(self, name: cst.Name) -> cst.CSTNode:
        """The last statement before a name that may change what it holds; the function itself where there is none."""
        seen = (statement for statement in self.earlier(name) if name.value in self.changed(statement))
        return next(seen, self.function)

    def readers(self, definition: Definition) -> list[cst.Name]:
        """Every place that may see what a definition assigns."""
        document, name = self.document, definition.target.value
        begin, (statement, block) = document.end(definition.statement), self._place(definition.statement)
        later = block.body[_index(block, statement) + 1 :]
        killing = next((found for found in later if _assigns(found, name)), None)
        end = document.end(killing) if killing is not None else document.end(self.function)
        loop = next((a for a in document.around(statement) if isinstance(a, _LOOPS) or a is self.function), None)
        again = document.start(loop) if isinstance(loop, _LOOPS) else begin
        stop = document.start(definition.statement)
        places = [(document.start(load), load) for load in self._loads.get(name, ())]
        return [load for at, load in places if begin <= at <= end or again <= at < stop]

    def between(self, first: cst.CSTNode, last: cst.CSTNode) -> Iterator[cst.BaseStatement]:
        """The statements before that of the last node, back to the one that the first node is in."""
        around = set(map(id, self.document.around(first)))
        if id(self.statement(last)) in around:
            return
        for statement in self.earlier(last):
            yield statement
            if id(statement) in around:
                return

    def statement(self, node: cst.CSTNode) -> cst.BaseStatement:
        """The statement that a node is in."""
        return self._place(node)[0]

    def earlier(self, node: cst.CSTNode) -> Iterator[cst.BaseStatement]:
        """The statements that run before the one of a node, the last one first: in its block and, through conditions, around
        it. A loop around the node comes as a whole, for what it changes itself."""
        statement, block = self._place(node)
        while True:
            yield from reversed(block.body[: _index(block, statement)])
            outer = self.document.parent(block)
            if outer is None or outer is self.function:
                return
            statement, block = self._place(outer)
            if not isinstance(statement, cst.If):
                yield statement

    def changed(self, statement: cst.CSTNode) -> frozenset[str]:
        """Names, and attributes as `self.x`, that a statement assigns or writes in place."""
        if statement not in self._changed:
            self._changed[statement] = frozenset(_changed(self.document, statement))
        return self._changed[statement]

    @cached_property
    def _loads(self) -> dict[str, list[cst.Name]]:
        found: dict[str, list[cst.Name]] = {}
        for name in self.document.every(cst.Name, self.function):
            if self._is_load(name):
                found.setdefault(name.value, []).append(name)
        return found

    def _is_load(self, name: cst.Name) -> bool:
        parent = self.document.parent(name)
        if isinstance(parent, cst.Attribute):
            return parent.attr is not name
        if isinstance(parent, cst.Arg):
            return parent.keyword is not name
        return not isinstance(parent, cst.AssignTarget | cst.Param | cst.FunctionDef)

    def _place(self, node: cst.CSTNode) -> tuple[cst.BaseStatement, Block]:
        """The statement of a block that a node is in or is."""
        inner = node
        for parent in self.document.around(node):
            if isinstance(parent, Block) and isinstance(inner, cst.BaseStatement):
                return inner, parent
            inner = parent
        raise ValueError("a node outside of the text")


def _index(block: Block, statement: cst.CSTNode) -> int:
    return next(index for index, found in enumerate(block.body) if found is statement)


def _only_part(statement: cst.CSTNode) -> cst.BaseSmallStatement | None:
    parts = statement.body if isinstance(statement, cst.SimpleStatementLine) else ()
    return parts[0] if len(parts) == 1 else None


def _assigns(statement: cst.CSTNode, name: str) -> bool:
    """Whether a statement gives a name a new value, whatever happens."""
    part = _only_part(statement)
    targets = [target.target for target in part.targets] if isinstance(part, cst.Assign) else []
    inner = [e.value for t in targets if isinstance(t, cst.Tuple | cst.List) for e in t.elements]
    return any(isinstance(target, cst.Name) and target.value == name for target in [*targets, *inner])


def _defining(statement: cst.BaseStatement, name: str) -> Definition | None:
    part = _only_part(statement)
    if isinstance(part, cst.Assign) and len(part.targets) == 1:
        target = part.targets[0].target
        return _named(target, name, statement, part.value)
    if isinstance(part, cst.AugAssign):
        return _named(part.target, name, statement, part.value, part.operator)
    if isinstance(statement, cst.If) and statement.orelse is None and len(statement.body.body) == 1:
        guard, inner = _not_none(statement.test), statement.body.body[0]
        found = _defining(inner, name) if isinstance(inner, cst.SimpleStatementLine) else None
        if guard is not None and found is not None and found.guard is None:
            return Definition(found.target, statement, found.value, found.augmented, guard)
    return None


def _named(
    target: cst.BaseExpression, name: str, statement: cst.BaseStatement, value: cst.BaseExpression,
    augmented: cst.BaseAugOp | None = None,
) -> Definition | None:  # fmt: skip
    if isinstance(target, cst.Name) and target.value == name:
        return Definition(target, statement, value, augmented)
    return None


def _not_none(test: cst.BaseExpression) -> cst.BaseExpression | None:
    """`x` of `x is not None`."""
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return None
    only = test.comparisons[0]
    none = isinstance(only.comparator, cst.Name) and only.comparator.value == "None"
    return test.left if none and isinstance(only.operator, cst.IsNot) else None


def _changed(document: Document, statement: cst.CSTNode) -> Iterator[str]:
    targets: list[cst.CSTNode] = []
    for node in document.every(cst.CSTNode, statement):
        if isinstance(node, cst.AssignTarget | cst.AugAssign | cst.AnnAssign | cst.NamedExpr | cst.For | cst.CompFor):
            targets.append(node.target)
        elif isinstance(node, cst.AsName | cst.MatchAs | cst.MatchStar):
            targets += [node.name] if node.name is not None else []
        elif isinstance(node, cst.Del):
            targets.append(node.target)
        elif isinstance(node, cst.Call):
            targets += _written(node)
        elif isinstance(node, cst.FunctionDef | cst.ClassDef):
            yield node.name.value
    for target in targets:
        yield from _roots(target)


def _written(call: cst.Call) -> Sequence[cst.CSTNode]:
    """What a call writes in place: `x.add_(...)`, `F.relu(x, inplace=True)`, `out=x`."""
    name = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
    values = {argument.keyword.value: argument.value for argument in call.args if argument.keyword is not None}
    found: list[cst.CSTNode] = [values["out"]] if "out" in values else []
    if isinstance(call.func, cst.Attribute) and name.endswith("_") and not name.endswith("__"):
        found += [call.func.value, *([call.args[0].value] if call.args else [])]
    inplace = values.get("inplace")
    if isinstance(inplace, cst.Name) and inplace.value != "False" and call.args:
        found.append(call.args[0].value)
    return found


def _roots(target: cst.CSTNode) -> Iterator[str]:
    """The names that an assignment to `target` changes: `x` for `x[0]`, `self.x` for `self.x`."""
    if isinstance(target, cst.Tuple | cst.List):
        for element in target.elements:
            yield from _roots(element.value)
    elif isinstance(target, cst.Subscript | cst.StarredElement):
        yield from _roots(target.value)
    elif isinstance(target, cst.Call):
        yield from _roots(target.func)
    elif isinstance(target, cst.Name | cst.Attribute):
        name = dotted(target)
        if name:
            yield name
        elif isinstance(target, cst.Attribute):
            yield from _roots(target.value)
