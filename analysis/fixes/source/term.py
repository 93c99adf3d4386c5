"""An expression with what its names hold in the place of the names, read as an operation on other expressions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from .document import dotted
from .flow import Definition, Flow

_BINARY: Mapping[type[cst.CSTNode], str] = {
    cst.Add: "add", cst.Subtract: "sub", cst.Multiply: "mul", cst.Divide: "div", cst.Power: "pow",
    cst.MatrixMultiply: "matmul", cst.AddAssign: "add", cst.SubtractAssign: "sub", cst.MultiplyAssign: "mul",
    cst.DivideAssign: "div", cst.PowerAssign: "pow",
}  # fmt: skip
# Modules without parameters → the function that they call.
_LAYERS: Mapping[str, str] = {
    "Softmax": "softmax", "Sigmoid": "sigmoid", "Tanh": "tanh", "ReLU6": "relu6", "Softplus": "softplus",
    "Dropout": "dropout",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operation:
    """A function on operands: those that are given by position. `layer`: the attribute of the module that was called."""

    name: str
    operands: tuple[Term, ...]
    options: Mapping[str, cst.BaseExpression] = field(default_factory=dict[str, cst.BaseExpression])
    layer: str = ""

    def option(self, name: str, position: int) -> cst.BaseExpression | None:
        """An argument that can be given by name or by position."""
        given = self.options.get(name)
        return given if given is not None or len(self.operands) <= position else self.operands[position].written


class Term:
    """`written` stands in the text; `value` is what it stands for, through names that one assignment gives their value."""

    def __init__(self, flow: Flow, written: cst.BaseExpression) -> None:
        self.flow = flow
        self.written = written

    @cached_property
    def definition(self) -> Definition | None:
        """Where the name that is written gets its value."""
        return self.flow.definition(self.written) if isinstance(self.written, cst.Name) else None

    @property
    def guard(self) -> cst.BaseExpression | None:
        """What must not be None for the name to be given its value: else it holds what it held before."""
        return self.definition.guard if self.definition is not None else None

    @cached_property
    def guarded(self) -> Operation | None:
        """What is computed where the guard, if there is one, is not None."""
        found = self.definition
        if found is None:
            return self._operation()
        if found.augmented is None:
            return self._term(found.value).operation
        name = _BINARY.get(type(found.augmented))
        return Operation(name, (self._term(found.target), self._term(found.value))) if name else None

    @property
    def operation(self) -> Operation | None:
        """What is computed, where that is one call or operator on operands, whatever the conditions."""
        return self.guarded if self.guard is None else None

    @cached_property
    def code(self) -> str:
        """What is written."""
        return self.flow.document.code(self.written)

    def a(self, *names: str) -> Operation | None:
        """The operation, if it has one of these names."""
        found = self.operation
        return found if found is not None and found.name in names else None

    @cached_property
    def number(self) -> float | None:
        """The value of a literal, or of arithmetic on literals."""
        node = self.written
        if isinstance(node, cst.Integer | cst.Float):
            return float(node.evaluated_value)
        if self.flow.document.full_name(node) in ("math.pi", "numpy.pi"):
            return math.pi
        if self.definition is not None and self.definition.augmented is None and self.guard is None:
            return self._term(self.definition.value).number
        found = self.operation
        if found is None or found.options or not 1 <= len(found.operands) <= 2:
            return None
        values = [operand.number for operand in found.operands]
        return _computed(found.name, [value for value in values if value is not None]) if None not in values else None

    def same(self, other: Term) -> bool:
        """Whether both are one value: written alike, with names that hold the same."""
        return self.fixed and other.fixed and self.same_at(other)

    @cached_property
    def fixed(self) -> bool:
        """Whether to read it twice gives the same: names, attributes, items and numbers."""
        return not any(self.flow.document.every(cst.Call, self.written)) and not any(
            self.flow.document.every(cst.NamedExpr, self.written)
        )

    def names(self) -> list[cst.Name]:
        """The names that are read where it is written, but attributes."""
        document = self.flow.document
        every = document.every(cst.Name, self.written)
        return [name for name in every if not _is_attribute(document.parent(name), name)]

    def reads(self) -> frozenset[str]:
        """Names, and attributes as `self.x`, that it reads where it is written."""
        attributes = self.flow.document.every(cst.Attribute, self.written)
        return frozenset({name.value for name in self.names()} | {dotted(attribute) for attribute in attributes})

    def same_at(self, other: Term) -> bool:
        """Whether both are written alike, with names that hold the same."""
        return self.code == other.code and self._versions() == other._versions()

    def _versions(self) -> list[int]:
        return [id(self.flow.version(name)) for name in self.names()]

    def _operation(self) -> Operation | None:
        node = self.written
        if isinstance(node, cst.BinaryOperation):
            name = _BINARY.get(type(node.operator))
            return Operation(name, (self._term(node.left), self._term(node.right))) if name else None
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
            return Operation("neg", (self._term(node.expression),))
        if isinstance(node, cst.Attribute) and node.attr.value in ("T", "mT"):
            return Operation(node.attr.value, (self._term(node.value),))
        return self._called(node) if isinstance(node, cst.Call) else None

    def _called(self, node: cst.Call) -> Operation | None:
        if any(argument.star for argument in node.args):
            return None
        given = tuple(self._term(argument.value) for argument in node.args if argument.keyword is None)
        options = {argument.keyword.value: argument.value for argument in node.args if argument.keyword is not None}
        full = self.flow.document.full_name(node.func)
        if full:
            owner, _, name = full.rpartition(".")
            own = owner in ("torch", "torch.nn.functional", "torch.special")
            known = name if own else full.replace("numpy.", "math.")
            first = options.pop("input", None) if own and not given else None
            return Operation(known, given if first is None else (self._term(first),), options)
        if isinstance(node.func, cst.Call):
            return self._layer(node.func, "", given, options)
        if not isinstance(node.func, cst.Attribute):
            return None
        if isinstance(node.func.value, cst.Name) and node.func.value.value == "self":
            made = self._made(node.func.attr.value)
            return self._layer(made, f"self.{node.func.attr.value}", given, options) if made is not None else None
        return Operation(node.func.attr.value, (self._term(node.func.value), *given), options)

    def _made(self, name: str) -> cst.Call | None:
        """The call that makes the module `self.name`, if there is one."""
        owner = self.flow.document.innermost(self.flow.function, cst.ClassDef)
        values = self.flow.document.attributes(owner, name) if owner is not None else []
        return values[0] if len(values) == 1 and isinstance(values[0], cst.Call) else None

    def _layer(
        self, made: cst.Call, name: str, given: tuple[Term, ...], options: Mapping[str, cst.BaseExpression]
    ) -> Operation | None:
        """The call of a module without parameters."""
        full = self.flow.document.full_name(made.func)
        called = _LAYERS.get(full.removeprefix("torch.nn.")) if full.startswith("torch.nn.") else None
        if called is None or options or len(given) != 1 or any(argument.star for argument in made.args):
            return None
        named = {a.keyword.value: a.value for a in made.args if a.keyword is not None}
        by_position = tuple(self._term(a.value) for a in made.args if a.keyword is None)
        return Operation(called, (*given, *by_position), named, name)

    def _term(self, node: cst.BaseExpression) -> Term:
        return Term(self.flow, node)


def _is_attribute(parent: cst.CSTNode | None, name: cst.Name) -> bool:
    named = isinstance(parent, cst.Arg) and parent.keyword is name
    return named or (isinstance(parent, cst.Attribute) and parent.attr is name)


def _computed(name: str, values: list[float]) -> float | None:
    try:
        match name, values:
            case "neg", [value]:
                return -value
            case "math.sqrt", [value]:
                return math.sqrt(value)
            case "add", [first, second]:
                return first + second
            case "sub", [first, second]:
                return first - second
            case "mul", [first, second]:
                return first * second
            case "div", [first, second]:
                return first / second
            case "pow", [first, second]:
                return math.pow(first, second)
            case _:
                return None
    except (ArithmeticError, ValueError):
        return None
