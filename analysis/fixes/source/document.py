"""A Python text as a syntax tree that remembers where everything stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, ParentNodeProvider, PositionProvider

from ...discovery.classes import split_lines
from ..edit import Edit, insertion

Node = TypeVar("Node", bound=cst.CSTNode)


class Document:
    """Raises `libcst.ParserSyntaxError` for a text that it cannot read."""

    def __init__(self, text: str) -> None:
        self._wrapper = MetadataWrapper(cst.parse_module(text))
        self.tree = self._wrapper.module
        self._lines = split_lines(text)

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, CodeRange]:
        return self._wrapper.resolve(PositionProvider)

    @cached_property
    def _parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        return self._wrapper.resolve(ParentNodeProvider)

    def start(self, node: cst.CSTNode) -> tuple[int, int]:
        """Line from 1, column from 0."""
        position = self._positions[node].start
        return position.line, position.column

    def end(self, node: cst.CSTNode) -> tuple[int, int]:
        """Line from 1, column from 0, behind the last character."""
        position = self._positions[node].end
        return position.line, position.column

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node around another; the module has none."""
        return self._parents.get(node)

    def around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around another, innermost first."""
        parent = self.parent(node)
        while parent is not None:
            yield parent
            parent = self.parent(parent)

    def innermost(self, node: cst.CSTNode, kind: type[Node]) -> Node | None:
        """The innermost node of a kind around another."""
        return next((parent for parent in self.around(node) if isinstance(parent, kind)), None)

    def every(self, kind: type[Node], within: cst.CSTNode | None = None) -> Iterator[Node]:
        """The nodes of a kind, outer before inner, in the order of the text."""
        node = within or self.tree
        if isinstance(node, kind):
            yield node
        for child in node.children:
            yield from self.every(kind, child)

    def code(self, node: cst.CSTNode) -> str:
        """What is written for a node, without parentheses around it where they can go."""
        return self.tree.code_for_node(bare(node))

    def lines(self, node: cst.CSTNode) -> range:
        """The lines that a node stands on."""
        return range(self.start(node)[0], self.end(node)[0] + 1)

    def replacing(self, node: cst.BaseExpression, text: str) -> Edit:
        """Puts `text` in the place of an expression and of the parentheses around it."""
        first, last = (node.lpar[0], node.rpar[-1]) if node.lpar else (node, node)
        (line, column), (end_line, end_column) = self.start(first), self.end(last)
        return Edit(line, column + 1, end_line, end_column + 1, text)

    def inserting_behind(self, node: cst.CSTNode, text: str) -> Edit:
        """Puts text directly behind a node."""
        line, column = self.end(node)
        return Edit(line, column + 1, line, column + 1, text)

    def line(self, number: int) -> str:
        """A line of the text, counted from 1, without its end."""
        return self._lines[number - 1]

    def removing(self, statements: Iterable[cst.BaseStatement]) -> Iterator[Edit]:
        """Takes statements away, an edit for those that stand below each other. Their comments stay, on lines of their own."""
        runs: list[list[cst.BaseStatement]] = []
        for statement in sorted(statements, key=self.start):
            if runs and self.start(statement)[0] == self.end(runs[-1][-1])[0] + 1:
                runs[-1].append(statement)
            else:
                runs.append([statement])
        return map(self._removing, runs)

    def _removing(self, run: Sequence[cst.BaseStatement]) -> Edit:
        (first, column), (last, _) = self.start(run[0]), self.end(run[-1])
        indent = self._lines[first - 1][:column]
        comments = [c for s in run for c in self.every(cst.Comment, s) if first <= self.start(c)[0] <= last]
        if not comments and self._blank(first - 1) and self._blank(last + 1):
            last += 1  # one of two empty lines goes along
        return Edit(first, 1, last + 1, 1, "".join(f"{indent}{comment.value}\n" for comment in comments))

    def _blank(self, number: int) -> bool:
        return 1 <= number <= len(self._lines) and not self._lines[number - 1].strip()

    @cached_property
    def imports(self) -> Mapping[str, str]:
        """What names at the top of the file stand for: `F` → `torch.nn.functional`."""
        found: dict[str, str] = {}
        for node in self.every(cst.Import):
            for alias in node.names:
                full = dotted(alias.name)
                local = alias.evaluated_alias
                found[local or full.partition(".")[0]] = full if local else full.partition(".")[0]
        for node in self.every(cst.ImportFrom):
            if node.module is not None and not node.relative and not isinstance(node.names, cst.ImportStar):
                for alias in node.names:
                    name = dotted(alias.name)
                    found[alias.evaluated_alias or name] = f"{dotted(node.module)}.{name}"
        return found

    def functional(self) -> tuple[str, tuple[Edit, ...]] | None:
        """How the file calls `torch.nn.functional`, and the import that this takes; None where it does not import torch."""
        known = next((name for name, full in self.imports.items() if full == "torch.nn.functional"), None)
        if known is not None:
            return known, ()
        after = [line for line in self.tree.body if _imports_torch(line)]
        if not after or any(name.value == "F" for name in self.every(cst.Name)):
            return next(((f"{name}.functional", ()) for name, full in self.imports.items() if full == "torch.nn"), None)
        return "F", (insertion(self.end(after[-1])[0] + 1, "import torch.nn.functional as F\n"),)

    def full_name(self, node: cst.CSTNode) -> str:
        """`torch.nn.functional.softmax` for `F.softmax`; empty for what is no imported name."""
        first, _, rest = dotted(node).partition(".")
        known = self.imports.get(first)
        return "" if known is None else f"{known}.{rest}" if rest else known

    def attributes(self, of: cst.ClassDef, name: str) -> list[cst.BaseExpression]:
        """Every value that a class's code gives `self.name`."""
        found: list[cst.BaseExpression] = []
        for node in self.every(cst.Assign, of):
            if any(dotted(target.target) == f"self.{name}" for target in node.targets):
                found.append(node.value)
        for node in self.every(cst.AnnAssign, of):
            if dotted(node.target) == f"self.{name}" and node.value is not None:
                found.append(node.value)
        return found


def bare(node: Node) -> Node:
    """An expression without the parentheses around it, where it can be read without."""
    return node.with_changes(lpar=(), rpar=()) if isinstance(node, cst.Name | cst.Attribute | cst.Call) else node


def dotted(node: cst.CSTNode) -> str:
    """`a.b.c` for names and attributes of names; empty for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr.value}" if before else ""
    return ""


def _imports_torch(line: cst.CSTNode) -> bool:
    parts = line.body if isinstance(line, cst.SimpleStatementLine) else ()
    for part in parts:
        if isinstance(part, cst.Import) and any(dotted(a.name).partition(".")[0] == "torch" for a in part.names):
            return True
        if isinstance(part, cst.ImportFrom) and part.module is not None and not part.relative:
            return dotted(part.module).partition(".")[0] == "torch"
    return False
