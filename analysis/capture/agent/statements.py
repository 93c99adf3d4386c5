"""Top-level statements of a file: which names each defines, and which of them some names depend on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

_CHANGES = re.compile(r"append|insert|extend|update|add|setdefault|(add|set|register)_\w+|register")


def statements_of(text: str) -> list[ast.stmt]:
    """The statements of a text; none of one that does not parse, which is said when it is executed."""
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError):
        return []


def statements_for(body: Sequence[ast.stmt], needed: Iterable[str]) -> list[ast.stmt]:
    """The top-level statements that the names in `needed` depend on, in order. Star and future imports always stay."""
    binds = [bound_names(statement) for statement in body]
    wanted: set[str] = set()
    chosen: set[int] = set()
    queue = list(needed)
    for index, statement in enumerate(body):
        if isinstance(statement, ast.ImportFrom) and (
            statement.module == "__future__" or statement.names[0].name == "*"
        ):
            chosen.add(index)
    while queue:
        name = queue.pop()
        if name in wanted:
            continue
        wanted.add(name)
        for index, bound in enumerate(binds):
            if name in bound and index not in chosen:
                chosen.add(index)
                queue.extend(_used(body[index]))
    return [body[index] for index in sorted(chosen)]


def leading_imports(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The imports that a file begins with, and texts between them."""
    other = (index for index, statement in enumerate(body) if not _imports_or_says(statement))
    return list(body[: next(other, len(body))])


def _imports_or_says(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)
    return isinstance(statement, (ast.Import, ast.ImportFrom))


def bound_names(statement: ast.stmt) -> set[str]:
    """Names that a top-level statement defines or changes; expressions, loops and `if __name__` define none."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    if isinstance(statement, ast.Expr):
        return _changed_by_call(statement.value)
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    if isinstance(statement, ast.If) and _tests_main(statement.test):
        return set()
    blocks = [getattr(statement, field, []) for field in ("body", "orelse", "finalbody")]
    blocks.extend(handler.body for handler in getattr(statement, "handlers", []))
    return (
        set[str]().union(*(bound_names(inner) for block in blocks for inner in block))
        if isinstance(statement, (ast.If, ast.Try, ast.With))
        else set()
    )


def _changed_by_call(node: ast.expr) -> set[str]:
    """`sys.path.append(...)` changes `sys`; `parser.add_argument(...)` changes `parser`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return set()
    if not _CHANGES.fullmatch(node.func.attr):
        return set()
    value = node.func.value
    while isinstance(value, ast.Attribute):
        value = value.value
    return {value.id} if isinstance(value, ast.Name) else set()


def _tests_main(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def _used(node: ast.AST) -> set[str]:
    """Names that a piece of code takes from around it, those that its functions bind themselves left out; names in strings,
    which may be annotations, count too."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) and node.value.isidentifier() else set()
    names = set[str]().union(*[_used(child) for child in ast.iter_child_nodes(node) if child._fields])
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return names
    body = node.body if isinstance(node.body, list) else [node.body]
    inner = [item for part in body for item in ast.walk(part)]
    shared = {name for item in inner if isinstance(item, (ast.Global, ast.Nonlocal)) for name in item.names}
    own = {item.id for item in inner if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)} - shared
    own |= {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
    outside = [node.args, *getattr(node, "decorator_list", []), *filter(None, [getattr(node, "returns", None)])]
    return (names - own).union(*[_used(part) for part in outside])
