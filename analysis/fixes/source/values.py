"""Which expressions are plain Python numbers, as opposed to tensors."""

from __future__ import annotations

import libcst as cst

from .document import dotted
from .flow import Flow

_NUMERIC = ("math.", "numpy.sqrt", "numpy.power")
_BUILTINS = ("float", "int", "len", "max", "min")


def is_plain_number(node: cst.BaseExpression, flow: Flow) -> bool:
    """Whether an expression is surely a number: arithmetic on literals, sizes, and what constructors are given or compute."""
    if isinstance(node, cst.Integer | cst.Float):
        return True
    if isinstance(node, cst.UnaryOperation):
        return is_plain_number(node.expression, flow)
    if isinstance(node, cst.BinaryOperation | cst.BooleanOperation):
        return is_plain_number(node.left, flow) and is_plain_number(node.right, flow)
    if isinstance(node, cst.Call):
        return _is_size(node) or (
            _is_numeric(node, flow) and all(is_plain_number(argument.value, flow) for argument in node.args)
        )
    if isinstance(node, cst.Subscript):
        return _is_sizes(node.value)
    if isinstance(node, cst.Attribute):
        return _is_plain_attribute(node, flow)
    return isinstance(node, cst.Name) and _is_plain_name(node, flow)


def _is_size(node: cst.Call) -> bool:
    return isinstance(node.func, cst.Attribute) and node.func.attr.value == "size" and len(node.args) == 1


def _is_sizes(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Attribute) and node.func.attr.value == "size" and not node.args
    return isinstance(node, cst.Attribute) and node.attr.value == "shape"


def _is_numeric(node: cst.Call, flow: Flow) -> bool:
    return dotted(node.func) in _BUILTINS or flow.document.full_name(node.func).startswith(_NUMERIC)


def _is_plain_attribute(node: cst.Attribute, flow: Flow) -> bool:
    """`config.hidden_size` of a constructor's argument, and `self.scale` that is a number wherever it is assigned."""
    root = dotted(node).partition(".")[0]
    if root != "self":
        return root in _given(flow)
    owner = flow.document.innermost(flow.function, cst.ClassDef)
    values = flow.document.attributes(owner, node.attr.value) if owner is not None else []
    return bool(values) and dotted(node.value) == "self" and all(_is_plain_value(value, flow) for value in values)


def _is_plain_value(value: cst.BaseExpression, flow: Flow) -> bool:
    function = flow.document.innermost(value, cst.FunctionDef)
    return function is not None and is_plain_number(value, Flow(flow.document, function))


def _is_plain_name(node: cst.Name, flow: Flow) -> bool:
    found = flow.definition(node)
    if found is not None:
        return found.guard is None and found.augmented is None and is_plain_number(found.value, flow)
    changed = flow.version(node)
    if changed is flow.function:
        return node.value in _given(flow)
    assigned = next(iter(flow.document.every(cst.Assign, changed)), None)
    return isinstance(changed, cst.SimpleStatementLine) and assigned is not None and _is_sizes(assigned.value)


def _given(flow: Flow) -> set[str]:
    """Arguments that are numbers: those of a constructor, and those whose annotation or default says so."""
    parameters = [*flow.function.params.params, *flow.function.params.kwonly_params]
    constructs = flow.function.name.value == "__init__"
    return {p.name.value for p in parameters if constructs or _says_number(p)} - {"self"}


def _says_number(parameter: cst.Param) -> bool:
    annotation = parameter.annotation.annotation if parameter.annotation is not None else None
    return (annotation is not None and dotted(annotation) in ("float", "int")) or isinstance(
        parameter.default, cst.Integer | cst.Float
    )
