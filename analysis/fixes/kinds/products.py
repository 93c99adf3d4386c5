"""Products of queries with keys and of weights with values, in the ways that code writes them."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from ..source.term import Operation, Term

_TRANSPOSITIONS = ("transpose", "swapaxes", "swapdims")


def weighted(root: Term) -> tuple[Term, Term] | None:
    """Weights and values of their product."""
    found = _product(root)
    if found is not None:
        return found.operands[0], found.operands[1]
    return _summed(root, lambda a, b, out: a[-1] == b[-2] and out == f"{a[:-1]}{b[-1]}")


def scores(root: Term, rank: int) -> tuple[Term, Term, str] | None:
    """Queries, keys, and the keys as they are written where every key is a row, of a product with so many dimensions."""
    found = _product(root)
    if found is not None:
        query, turned = found.operands
        key = _transposed(turned, rank)
        return (query, key, key.code) if key is not None else (query, turned, f"{_atom(turned)}.transpose(-2, -1)")
    summed = _summed(root, lambda a, b, out: a[-1] == b[-1] and out == f"{a[:-1]}{b[-2]}")
    return None if summed is None else (*summed, summed[1].code)


def _product(root: Term) -> Operation | None:
    found = root.a("matmul", "bmm")
    return found if found is not None and len(found.operands) == 2 and not found.options else None


def _summed(root: Term, fits: Callable[[str, str, str], bool]) -> tuple[Term, Term] | None:
    """The factors of an `einsum` over the last dimension of batches of matrices."""
    found = root.a("einsum")
    if found is None or len(found.operands) != 3 or not isinstance(found.operands[0].written, cst.SimpleString):
        return None
    equation = str(found.operands[0].written.evaluated_value).replace(" ", "")
    inputs, arrow, out = equation.partition("->")
    first, comma, second = inputs.partition(",")
    letters = f"{first}{second}{out}"
    if not (arrow and comma and letters.isalpha() and min(len(first), len(second)) >= 2 and first[:-2] == second[:-2]):
        return None
    distinct = len(set(first) | set(second)) == len(first) + 1
    return (found.operands[1], found.operands[2]) if distinct and fits(first, second, out) else None


def _transposed(term: Term, rank: int) -> Term | None:
    """What has its last two dimensions exchanged to give a factor."""
    found = term.operation
    if found is None or found.options:
        return None
    numbers = [int(operand.number) % rank for operand in found.operands[1:] if operand.number is not None]
    swapped = found.name in _TRANSPOSITIONS and sorted(numbers) == [rank - 2, rank - 1]
    permuted = found.name == "permute" and numbers == [*range(rank - 2), rank - 1, rank - 2]
    return found.operands[0] if swapped or permuted or found.name == "mT" else None


def _atom(term: Term) -> str:
    """Ready for a dot behind it."""
    simple = isinstance(term.written, cst.Name | cst.Attribute | cst.Subscript | cst.Call)
    return term.code if simple else f"({term.code})"
