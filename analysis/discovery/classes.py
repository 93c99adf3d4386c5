"""Finds the `nn.Module` classes of a file, what each needs to be constructed, and expressions that construct it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .directive import Directive, directive_above

_MODULE_BASES = frozenset({"Module", "LightningModule", "PreTrainedModel", "ScriptModule", "Sequential"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A Python expression that should give the module, and in words where it came from."""

    expression: str
    origin: str


@dataclass(frozen=True, slots=True)
class ModelClass:
    """A class of the file that looks like an `nn.Module`. Lines count from 1; `column` is in code points."""

    name: str
    line: int
    end_line: int
    column: int
    forward_line: int | None
    required: tuple[str, ...]
    references: frozenset[str]
    candidates: tuple[Candidate, ...]
    directive: Directive | None = None


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """Why the file could not be read."""

    message: str
    line: int


@dataclass(frozen=True, slots=True)
class Discovery:
    """The classes of a file in the order they stand; or the problem that hides them."""

    classes: tuple[ModelClass, ...]
    problem: SyntaxProblem | None = None

    def roots(self) -> tuple[ModelClass, ...]:
        """Classes that no other class of the file uses: the models, as opposed to their parts."""
        used = {name for model in self.classes for name in model.references if name != model.name}
        return tuple(model for model in self.classes if model.name not in used)


def discover(text: str) -> Discovery:
    """The models of a Python text."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        return Discovery((), SyntaxProblem(f"syntax error: {error.msg}", error.lineno or 1))
    except (ValueError, RecursionError, MemoryError) as error:
        return Discovery((), SyntaxProblem(f"cannot be parsed: {error}", 1))
    lines = split_lines(text)
    definitions = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    chosen = _module_classes(definitions)
    factories = _factories(tree)
    calls = _literal_calls(tree, {node.name for node in chosen})
    return Discovery(tuple(_model_class(node, lines, factories, calls.get(node.name, ()), chosen) for node in chosen))


def split_lines(text: str) -> list[str]:
    """Lines as Python and the protocol count them: ended by LF, CR or CRLF, and nothing else."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _module_classes(definitions: Sequence[ast.ClassDef]) -> list[ast.ClassDef]:
    """Classes that inherit from a module class, directly or through another class of the file, or that have `forward`."""
    by_name = {node.name: node for node in definitions}

    def is_module(node: ast.ClassDef, seen: frozenset[str]) -> bool:
        names = [_last_name(base) for base in node.bases]
        if any(name in _MODULE_BASES for name in names):
            return True
        if any(name in by_name and name not in seen and is_module(by_name[name], seen | {name}) for name in names):
            return True
        return bool(names) and _method(node, "forward") is not None and not any("Function" in name for name in names)

    return [node for node in by_name.values() if is_module(node, frozenset({node.name}))]


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return _last_name(node.value)
    return node.id if isinstance(node, ast.Name) else ""


def _method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == name:
            return item
    return None


def _model_class(
    node: ast.ClassDef,
    lines: Sequence[str],
    factories: Sequence[tuple[str, frozenset[str]]],
    calls: Sequence[Candidate],
    classes: Sequence[ast.ClassDef],
) -> ModelClass:
    forward = _method(node, "forward")
    required = _required_parameters(node, {item.name: item for item in classes})
    first_line = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    directive = directive_above(lines, first_line)
    body_names = frozenset(name for item in node.body for name in _names(item))
    return ModelClass(
        name=node.name,
        line=node.lineno,
        end_line=node.end_lineno or node.lineno,
        column=node.col_offset,
        forward_line=forward.lineno if forward else None,
        required=required,
        references=body_names,
        candidates=tuple(_candidates(node.name, required, directive, factories, calls)),
        directive=directive,
    )


def _candidates(
    name: str,
    required: Sequence[str],
    directive: Directive | None,
    factories: Sequence[tuple[str, frozenset[str]]],
    calls: Sequence[Candidate],
) -> Iterator[Candidate]:
    if directive is not None and directive.init is not None:
        yield Candidate(f"{name}({directive.init})", f"directive on line {directive.line}")
        return
    if not required:
        yield Candidate(f"{name}()", "defaults")
    yield from calls
    for factory, reached in factories:
        if name in reached:
            yield Candidate(f"{factory}()", f"{factory}()")


def _required_parameters(node: ast.ClassDef, by_name: dict[str, ast.ClassDef], depth: int = 8) -> tuple[str, ...]:
    """Constructor parameters without a default, of the nearest `__init__` up the classes of the file."""
    init = _method(node, "__init__")
    if init is not None:
        return _required(init.args, skip=1)
    bases = [by_name[name] for base in node.bases if (name := _last_name(base)) in by_name and name != node.name]
    return _required_parameters(bases[0], by_name, depth - 1) if bases and depth else ()


def _required(arguments: ast.arguments, skip: int) -> tuple[str, ...]:
    positional = [*arguments.posonlyargs, *arguments.args]
    without_default = positional[skip : len(positional) - len(arguments.defaults)]
    keyword = [a for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None]
    return tuple(argument.arg for argument in [*without_default, *keyword])


def _factories(tree: ast.Module) -> list[tuple[str, frozenset[str]]]:
    """Top-level functions that need no argument, with every name they reach through functions of the file."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    uses = {name: frozenset(_names(node)) for name, node in functions.items()}

    def reached(name: str) -> frozenset[str]:
        found: set[str] = set()
        queue = [name]
        while queue:
            for used in uses.get(queue.pop(), ()):
                if used not in found:
                    found.add(used)
                    queue.append(used)
        return frozenset(found)

    callable_names = [name for name, node in functions.items() if not _required(node.args, skip=0) and _returns(node)]
    return [(name, reached(name)) for name in callable_names]


def _returns(node: ast.FunctionDef) -> bool:
    return any(isinstance(item, ast.Return) and item.value is not None for item in ast.walk(node))


def _literal_calls(tree: ast.Module, classes: set[str]) -> dict[str, list[Candidate]]:
    """Calls of the classes whose arguments are literals and names the file defines at its top level."""
    top_level = {name for statement in tree.body for name in _defined(statement)}
    found: dict[str, list[Candidate]] = {}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in classes):
            continue
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        starred = any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords)
        if not arguments or starred or not all(_is_literal(argument, top_level) for argument in arguments):
            continue
        candidate = Candidate(ast.unparse(node), f"the call on line {node.lineno}")
        found.setdefault(node.func.id, []).append(candidate)
    return found


def _is_literal(node: ast.expr, top_level: set[str]) -> bool:
    names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
    comprehension = any(isinstance(item, ast.comprehension | ast.Lambda) for item in ast.walk(node))
    return names <= top_level and not comprehension


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
    elif isinstance(statement, ast.Assign):
        yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


def _names(node: ast.AST) -> Iterator[str]:
    for item in ast.walk(node):
        if isinstance(item, ast.Name):
            yield item.id
