"""Finds the `nn.Module` classes of a file, what each needs to be constructed, and expressions that construct it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..syntax import parse
from .calls import Calls, Candidate, InputHint, calls_of
from .directive import Directive, directive_above
from .factories import Factory, factories, names_in, required
from .imports import Imports, imports_of
from .inheritance import Definition, definitions, initializer, is_module, method, no_model
from .siblings import known_definitions
from .suppression import suppressions

_MOST_FACTORIES = 3


@dataclass(frozen=True, slots=True)
class Span:
    """The lines of a class, from its first decorator on, and that of its `forward` if it has one."""

    line: int
    end_line: int
    forward_line: int | None
    first_line: int


@dataclass(frozen=True, slots=True)
class ModelClass:
    """A class of the file that looks like an `nn.Module`. Lines count from 1; `column` is in code points.

    `no_model` says why it is not meant to run: an abstract base, a container. `hints` are inputs that calls give it,
    `function` the one that defines it, if any, `imports` what its file imports. `earlier` are classes of the same name
    above it, one of which runs where conditions decide. `first_line` is that of its first decorator, if it has one.
    """

    name: str
    line: int
    end_line: int
    column: int
    forward_line: int | None
    required: tuple[str, ...]
    references: frozenset[str]
    candidates: tuple[Candidate, ...]
    directive: Directive | None = None
    hints: tuple[InputHint, ...] = ()
    no_model: str = ""
    function: str = ""
    imports: Imports = ()
    earlier: tuple[Span, ...] = ()
    first_line: int = 0

    def span_at(self, line: int) -> Span:
        """The lines of the definition that begins at `line`; else of the last one."""
        own = Span(self.line, self.end_line, self.forward_line, self.first_line or self.line)
        return next((span for span in self.earlier if span.line == line), own)


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """Why the file could not be read."""

    message: str
    line: int


@dataclass(frozen=True, slots=True)
class Discovery:
    """The classes of a file in the order they stand; or the problem that hides them. `suppressed`: codes of rules by line.
    `functions`: the names of the file's own."""

    classes: tuple[ModelClass, ...]
    problem: SyntaxProblem | None = None
    suppressed: Mapping[int, frozenset[str]] = field(default_factory=dict[int, frozenset[str]])
    functions: frozenset[str] = frozenset()

    def roots(self) -> tuple[ModelClass, ...]:
        """Classes that no other class of the file uses: the models, as opposed to their parts."""
        used = {name for model in self.classes for name in model.references if name != model.name}
        return tuple(model for model in self.classes if model.name not in used)


def discover(text: str, path: Path | None = None) -> Discovery:
    """The models of a Python text. Where `path` is given, bases that other files of the project define are known."""
    lines = split_lines(text)
    try:
        tree = parse(text)
        functions = frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
        return Discovery(tuple(_classes(tree, lines, path)), suppressed=suppressions(lines), functions=functions)
    except SyntaxError as error:
        return Discovery((), _syntax_problem(error, lines))
    except (RecursionError, MemoryError):
        return Discovery((), SyntaxProblem("cannot be parsed: an expression or a block is nested too deeply", 1))
    except ValueError as error:
        return Discovery((), SyntaxProblem(f"cannot be parsed: {error}", 1))


def _syntax_problem(error: SyntaxError, lines: Sequence[str]) -> SyntaxProblem:
    """What Python says of the text; more clearly where it is a notebook's or has NUL characters."""
    nul = next((number for number, line in enumerate(lines, 1) if "\0" in line), None)
    if nul is not None:
        return SyntaxProblem("syntax error: there is a NUL character", nul)
    number = error.lineno or 1
    line = lines[number - 1].strip() if number <= len(lines) else ""
    if line.startswith(("%", "!")):
        return SyntaxProblem(f"syntax error: {line[:40]!r} is a command for a notebook, not Python", number)
    return SyntaxProblem(f"syntax error: {error.msg}", number)


def split_lines(text: str) -> list[str]:
    """Lines as Python and the protocol count them: ended by LF, CR or CRLF, and nothing else."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _classes(tree: ast.Module, lines: Sequence[str], path: Path | None) -> Iterator[ModelClass]:
    by_name = known_definitions(tree, path)
    every = list(definitions(tree))
    own = {definition.node.name: definition for definition in every}
    chosen = [d for d in own.values() if is_module(d, by_name)]
    if not chosen:
        return
    makers = factories(tree)
    names = frozenset(definition.node.name for definition in chosen)
    calls = calls_of(tree, names, {maker.name: maker.reached & names for maker in makers})
    imports = imports_of(tree)
    for definition in chosen:
        earlier = tuple(_span(d) for d in every if d.node.name == definition.node.name and d is not definition)
        yield replace(_model_class(definition, lines, makers, calls, by_name), imports=imports, earlier=earlier)


def _span(definition: Definition) -> Span:
    node = definition.node
    forward = method(node, "forward")
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return Span(node.lineno, node.end_lineno or node.lineno, forward.lineno if forward else None, first)


def _model_class(
    definition: Definition,
    lines: Sequence[str],
    makers: Sequence[Factory],
    calls: Calls,
    by_name: Mapping[str, Definition],
) -> ModelClass:
    node, span = definition.node, _span(definition)
    init = initializer(definition, by_name)
    needed = required(init.args, skip=1) if init is not None else ()
    directive = directive_above(lines, span.first_line)
    return ModelClass(
        name=node.name,
        line=span.line,
        end_line=span.end_line,
        column=node.col_offset,
        forward_line=span.forward_line,
        required=needed,
        references=frozenset(name for item in node.body for name in names_in(item)) | _base_names(definition, by_name),
        candidates=tuple(_candidates(definition, needed, directive, makers, calls)),
        directive=directive,
        hints=tuple(calls.inputs.get(node.name, ())[:3]),
        no_model=no_model(definition, by_name),
        function=definition.function,
        first_line=span.first_line,
    )


def _base_names(definition: Definition, by_name: Mapping[str, Definition]) -> frozenset[str]:
    """Bases that are no models themselves count as used by what inherits from them."""
    return frozenset(name for name in definition.bases if name in by_name and no_model(by_name[name], by_name))


def _candidates(
    definition: Definition,
    needed: Sequence[str],
    directive: Directive | None,
    makers: Sequence[Factory],
    calls: Calls,
) -> Iterator[Candidate]:
    name = definition.node.name
    if directive is not None and directive.init is not None:
        yield Candidate(f"{name}({directive.init})", f"directive on line {directive.line}")
        return
    if not needed and not definition.function:
        yield Candidate(f"{name}()", "defaults")
    if not definition.function:
        yield from calls.constructors.get(name, ())
    making = [maker.call for maker in makers if maker.call is not None and name in maker.reached]
    for call in making[:_MOST_FACTORIES]:
        yield Candidate(call, call)
