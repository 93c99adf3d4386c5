"""Formulas recognized however they are written: in which order, over how many assignments, with which functions.

A form is a formula of one variable `x` with sums and products flattened and sorted: `x / math.sqrt(2)` and `0.70710678 * x`
have one form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from .document import Document
from .flow import Flow
from .term import Operation, Term

# Arguments after the first by their places; what is not here has none.
_SIGNATURES: Mapping[str, tuple[str, ...]] = {
    "mean": ("dim", "keepdim"), "var": ("dim", "unbiased", "keepdim"), "relu6": ("inplace",), "sigmoid": (), "tanh": (),
    "erf": (), "exp": (), "softplus": (),
}  # fmt: skip
_CLAMPS = ("clamp", "clip", "hardtanh")
_POWERS = {"sqrt": 0.5, "rsqrt": -0.5, "square": 2.0, "reciprocal": -1.0}
_DIGITS = 6  # significant digits of a constant that tell formulas apart
_SMALL = 0.01
_MOST_VARIABLES = 8


@dataclass(frozen=True)
class Form:
    """`head` is `x`, `number`, `leaf` (anything else that is only read, in `term`), `sum` (plus `number`), `product` (times
    `number`), `power` (to the `number`), or a function with its arguments."""

    head: str
    number: float = 0.0
    parts: tuple[Form, ...] = ()
    term: Term | None = field(default=None, compare=False)

    @cached_property
    def shape(self) -> str:
        """Equal for forms that differ in their leaves alone."""
        return f"{self.head} {self.number:.{_DIGITS}g} ({', '.join(part.shape for part in self.parts)})"


def form_of(term: Term, x: Term) -> Form | None:
    """How `term` is computed from `x`, if by functions that are known here."""
    if term.same(x):
        return Form("x")
    if term.number is not None:
        return Form("number", term.number)
    found = _computed(term, x)
    return found or (Form("leaf", term=term) if term.fixed else None)


def variables(root: Term) -> list[Term]:
    """The terms that a formula may be of: what is read, at any depth."""
    found: list[Term] = []
    for term in _within(root):
        if not any(term.same(known) for known in found):
            found.append(term)
    return found[:_MOST_VARIABLES]


def formula(expression: str) -> Form:
    """The form of a formula of `x`, written in Python; other names are leaves."""
    document = Document(
        f"import math\nimport torch\nimport torch.nn.functional as F\ndef formula(x):\n    return {expression}\n"
    )
    function = next(document.every(cst.FunctionDef))
    flow = Flow(document, function)
    returned = next(document.every(cst.Return, function)).value
    x = next(name for name in document.every(cst.Name, returned) if name.value == "x")
    found = form_of(Term(flow, returned), Term(flow, x)) if returned is not None else None
    assert found is not None, expression
    return found


def leaves(pattern: Form, found: Form) -> Mapping[str, Term] | None:
    """What of `found` stands for the leaves of the pattern, if they are alike."""
    if pattern.shape != found.shape:
        return None
    pairs = list(_leaf_pairs(pattern, found))
    bound = dict(pairs)
    return bound if all(bound[name].same(term) for name, term in pairs) else None


def _leaf_pairs(pattern: Form, found: Form) -> Iterator[tuple[str, Term]]:
    if pattern.term is not None and found.term is not None:
        yield pattern.term.code, found.term
    for part, other in zip(pattern.parts, found.parts, strict=True):
        yield from _leaf_pairs(part, other)


def _within(term: Term) -> Iterator[Term]:
    if term.number is not None:
        return
    if term.fixed and isinstance(term.written, cst.Name | cst.Attribute | cst.Subscript):
        yield term
    found = term.operation
    if found is not None and (found.name in _KNOWN or found.name in _SIGNATURES):
        for operand in found.operands:
            yield from _within(operand)


def _computed(term: Term, x: Term) -> Form | None:
    found = term.operation
    if found is None:
        return None
    if found.name in ("add", "sub") and _plain(found, 2):
        return _sum(found, x)
    if (found.name in ("mul", "div") and _plain(found, 2)) or (found.name == "neg" and _plain(found, 1)):
        return _product(term, x)
    if found.name == "pow" and _plain(found, 2):
        base, exponent = form_of(found.operands[0], x), found.operands[1].number
        return _power(base, exponent) if base is not None and exponent is not None else None
    if found.name in _POWERS and _plain(found, 1):
        base = form_of(found.operands[0], x)
        return _power(base, _POWERS[found.name]) if base is not None else None
    return _function(found, x)


def _plain(found: Operation, operands: int) -> bool:
    return len(found.operands) == operands and not found.options


def _sum(found: Operation, x: Term) -> Form | None:
    sign = -1.0 if found.name == "sub" else 1.0
    first, second = (_summand(operand, x) for operand in found.operands)
    if first is None or second is None:
        return None
    number, parts = 0.0, list[Form]()
    for form, factor in ((first, 1.0), (second, sign)):
        inner = form if form.head == "sum" and factor == 1.0 else None
        if form.head == "number":
            number += factor * form.number
        elif inner is not None:
            number, parts = number + inner.number, [*parts, *inner.parts]
        else:
            parts.append(form if factor == 1.0 else _times([form], -1.0))
    return Form("sum", number, _sorted(parts))


def _summand(operand: Term, x: Term) -> Form | None:
    """A small number that keeps from dividing by zero is a leaf: it is a choice, no part of the formula."""
    form = form_of(operand, x)
    return (
        Form("leaf", term=operand) if form is not None and form.head == "number" and 0 < form.number < _SMALL else form
    )


def _product(term: Term, x: Term) -> Form | None:
    found = term.operation
    assert found is not None
    forms = [form_of(operand, x) for operand in found.operands]
    known = [form for form in forms if form is not None]
    if len(known) < len(forms):
        return None
    if found.name == "neg":
        return _times(known, -1.0)
    if found.name == "div":
        divisor = known[1]
        if divisor.head == "number":
            return _times(known[:1], 1 / divisor.number) if divisor.number else None
        known[1] = _power(divisor, -1.0)
    return _times(known, 1.0)


def _times(forms: Iterable[Form], number: float) -> Form:
    parts: list[Form] = []
    for form in forms:
        if form.head == "number":
            number *= form.number
        elif form.head == "product":
            number, parts = number * form.number, [*parts, *form.parts]
        else:
            parts.append(form)
    return parts[0] if number == 1.0 and len(parts) == 1 else Form("product", number, _sorted(parts))


def _power(base: Form, exponent: float) -> Form:
    """A whole power up to the fourth is a product."""
    if base.head == "power":
        base, exponent = base.parts[0], base.number * exponent
    if exponent in (1.0, 2.0, 3.0, 4.0):
        return _times([base] * int(exponent), 1.0)
    return Form("power", exponent, (base,))


def _function(found: Operation, x: Term) -> Form | None:
    """A function with literal arguments."""
    name, first, *rest = found.name, *found.operands
    inner = form_of(first, x)
    if inner is None:
        return None
    if name in _CLAMPS and not found.options and [argument.number for argument in rest] == [0.0, 6.0]:
        return Form("relu6()", parts=(inner,))
    signature = _SIGNATURES.get(name)
    if signature is None or len(rest) > len(signature):
        return None
    document = first.flow.document
    given = {**dict(zip(signature, (term.code for term in rest), strict=False))}
    given |= {option: document.code(value) for option, value in found.options.items()}
    if name == "relu6" and inner.head != "x":
        given.pop("inplace", None)  # what it overwrites is read by nothing else
    return Form(f"{name}({_arguments(given)})", parts=(inner,))


def _arguments(given: Mapping[str, str]) -> str:
    shown = {("unbiased", "False") if pair == ("correction", "0") else pair for pair in given.items()}
    return ", ".join(f"{name}={value}" for name, value in sorted(shown) if (name, value) != ("inplace", "False"))


def _sorted(parts: Sequence[Form]) -> tuple[Form, ...]:
    return tuple(sorted(parts, key=lambda part: part.shape))


_KNOWN = frozenset({"add", "sub", "mul", "div", "neg", "pow", *_POWERS, *_CLAMPS})
