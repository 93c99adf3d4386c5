"""What names stand for where a call is: literals and calls written out, as far as the text itself says."""

from __future__ import annotations

import ast
import builtins
import copy
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

# What a name stands for; None when it is bound to something that the text does not say.
Bindings = dict[str, ast.expr | None]

_BUILTINS = frozenset(dir(builtins))
_LONGEST = 400
# More than an expression of that length has.
_MOST_NODES = 3 * _LONGEST
# Expressions with names of their own.
_OPEN = (ast.Lambda, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call, what the local names around it stand for, and with them those that importing the file binds."""

    call: ast.Call
    bindings: Mapping[str, ast.expr | None]
    known: Mapping[str, ast.expr | None]


def call_sites(tree: ast.Module, wanted: Callable[[ast.Call], bool]) -> Iterator[CallSite]:
    """The wanted calls of a file in the order of its lines, with the bindings that hold there."""
    module: Bindings = {}
    for statement in tree.body:
        local = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or _is_script(statement)
        for call, bindings in _walk([statement], {} if local else module):
            if wanted(call):
                yield CallSite(call, dict(bindings) if local else {}, {**module, **bindings})


def _is_script(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and tests_main(statement.test)


def tests_main(test: ast.expr) -> bool:
    """Whether a condition is `__name__ == "__main__"`."""
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def top_level_names(tree: ast.Module) -> frozenset[str]:
    """Names that importing the file binds."""
    return frozenset(name for statement in tree.body for name in _defined(statement))


def closed(node: ast.expr, bindings: Mapping[str, ast.expr | None], top: frozenset[str]) -> ast.expr | None:
    """`node` with local names written out, when what remains only names what importing the file binds."""
    try:
        result = _Writer(bindings, top).visit(copy.deepcopy(node))
    except (_OpenError, RecursionError):
        return None
    return result if isinstance(result, ast.expr) and len(ast.unparse(result)) <= _LONGEST else None


class _OpenError(Exception):
    """A name stands for something that the text does not say."""


class _Writer(ast.NodeTransformer):
    """Replaces local names by the expressions that they are bound to."""

    def __init__(self, bindings: Mapping[str, ast.expr | None], top: frozenset[str]) -> None:
        self._bindings, self._top = bindings, top

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._bindings:
            return self._bound(self._bindings[node.id])
        return self._known(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        key = _key(node)
        if key is not None and key.startswith("self."):
            return self._bound(self._bindings.get(key))
        return self.generic_visit(node)

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, _OPEN):
            raise _OpenError
        return super().visit(node)

    def _bound(self, value: ast.expr | None) -> ast.expr:
        """What a name was bound to: it was written out then."""
        if value is None:
            raise _OpenError
        for item in ast.walk(value):
            if isinstance(item, ast.Name):
                self._known(item)
        return copy.deepcopy(value)

    def _known(self, node: ast.Name) -> ast.expr:
        if node.id in self._top or node.id in _BUILTINS:
            return node
        raise _OpenError


def _walk(body: Sequence[ast.stmt], bindings: Bindings) -> Iterator[tuple[ast.Call, Bindings]]:
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _walk(statement.body, {**bindings, **_parameters(statement.args)})
        elif isinstance(statement, ast.ClassDef):
            yield from _walk_class(statement, bindings)
        else:
            yield from _own_calls(statement, bindings)
            _bind(statement, bindings)
            for block in _BLOCKS:
                for item in getattr(statement, block, []):
                    yield from _walk([item] if isinstance(item, ast.stmt) else item.body, bindings)


def _walk_class(node: ast.ClassDef, bindings: Bindings) -> Iterator[tuple[ast.Call, Bindings]]:
    """The methods of a class: what `__init__` puts on `self` holds in those below it."""
    shared: Bindings = dict(bindings)
    for item in node.body:
        if isinstance(item, ast.FunctionDef):
            inner: Bindings = {**shared, **_parameters(item.args)}
            yield from _walk(item.body, inner)
            shared.update((key, value) for key, value in inner.items() if key.startswith("self."))


def _parameters(arguments: ast.arguments) -> Bindings:
    """Parameters stand for their defaults."""
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    found: Bindings = {parameter.arg: value for parameter, value in zip(positional, defaults, strict=True)}
    found.update({p.arg: value for p, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)})
    found.update({extra.arg: None for extra in (arguments.vararg, arguments.kwarg) if extra is not None})
    return found


def _own_calls(statement: ast.stmt, bindings: Bindings) -> Iterator[tuple[ast.Call, Bindings]]:
    """Calls in the expressions of a statement, not in the statements that it holds."""
    for field, value in ast.iter_fields(statement):
        if field in _BLOCKS:
            continue
        for part in cast("list[object]", value) if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from ((item, bindings) for item in ast.walk(part) if isinstance(item, ast.Call))


def _bind(statement: ast.stmt, bindings: Bindings) -> None:
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            _bind_target(target, statement.value, bindings)
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        _bind_target(statement.target, statement.value, bindings)
    elif isinstance(statement, ast.AugAssign | ast.For | ast.AsyncFor):
        _bind_target(statement.target, None, bindings)
    elif isinstance(statement, ast.With | ast.AsyncWith):
        for item in statement.items:
            if item.optional_vars is not None:
                _bind_target(item.optional_vars, None, bindings)


def _bind_target(target: ast.expr, value: ast.expr | None, bindings: Bindings) -> None:
    if isinstance(target, ast.Tuple | ast.List):
        parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
        known = len(parts) == len(target.elts)
        for index, element in enumerate(target.elts):
            _bind_target(element, parts[index] if known else None, bindings)
        return
    key = _key(target)
    if key is not None:
        bindings[key] = _written(value, bindings) if value is not None else None


def _written(value: ast.expr, bindings: Bindings) -> ast.expr | None:
    """`value` as it is now: names bound so far are written out, so that binding them anew later changes nothing."""
    nodes = list(itertools.islice(ast.walk(value), _MOST_NODES))
    if len(nodes) == _MOST_NODES or any(isinstance(node, _OPEN) for node in nodes):
        return None
    free = frozenset(node.id for node in nodes if isinstance(node, ast.Name))
    if any(name in bindings and bindings[name] is None for name in free - {"self"}):
        return None
    if "self" not in free and not any(name in bindings for name in free):
        return value
    return closed(value, bindings, free)


def _key(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return f"self.{node.attr}" if own and isinstance(node, ast.Attribute) else None


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
    elif isinstance(statement, ast.Assign):
        yield from (node.id for t in statement.targets for node in ast.walk(t) if isinstance(node, ast.Name))
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        yield statement.target.id
    elif isinstance(statement, ast.If | ast.Try | ast.With) and not _is_script(statement):
        blocks = [getattr(statement, field, []) for field in ("body", "orelse", "finalbody")]
        blocks.extend(handler.body for handler in getattr(statement, "handlers", []))
        yield from (name for block in blocks for inner in block for name in _defined(inner))
