"""Calls in the file that show how a class is constructed and what a model of it is given."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .scopes import CallSite, call_sites, closed, top_level_names
from .shapes import Shaped, constant, sizes_of, tensor_of

_PASSING = frozenset(
    {"to", "cuda", "cpu", "eval", "train", "half", "float", "double", "DataParallel", "compile", "requires_grad_"}
)
_SUMMARIES = frozenset({"summary", "get_model_complexity_info", "torchsummary"})
_PROFILES = frozenset({"profile", "FlopCountAnalysis", "trace", "export", "get_flops", "flop_count"})
_MOST = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A Python expression that should give the module, and in words where it came from."""

    expression: str
    origin: str


@dataclass(frozen=True, slots=True)
class InputHint:
    """What a call in the file gives the model: a tensor by position, or by the name of the parameter."""

    inputs: tuple[Shaped, ...]
    names: tuple[str, ...]
    origin: str


@dataclass(slots=True)
class Calls:
    """By class name: expressions that construct it, and inputs that it is given."""

    constructors: dict[str, list[Candidate]] = field(default_factory=dict[str, list[Candidate]])
    inputs: dict[str, list[InputHint]] = field(default_factory=dict[str, list[InputHint]])


def calls_of(tree: ast.Module, classes: Collection[str], factories: Mapping[str, Collection[str]]) -> Calls:
    """The calls that say something of `classes`; `factories` names the classes that each function reaches."""
    top = top_level_names(tree)
    found = Calls()
    made: dict[str, tuple[str, ...]] = {}
    _note_instances(tree, classes, factories, made)

    def given(call: ast.Call) -> tuple[str, ...]:
        return _models_given(call, classes, factories, made)

    for site in call_sites(tree, lambda call: _constructed(call) in classes or bool(given(call))):
        name, models = _constructed(site.call), given(site.call)
        if name in classes:
            _add_constructor(name, site, top, found)
        hint = _hint(site) if models else None
        if hint is not None:
            for model in models:
                found.inputs.setdefault(model, []).append(hint)
    return found


def _add_constructor(name: str, site: CallSite, top: frozenset[str], found: Calls) -> None:
    expression = closed(site.call, site.bindings, top) if site.call.args or site.call.keywords else None
    known = found.constructors.setdefault(name, [])
    if expression is None or len(known) >= _MOST:
        return
    text = ast.unparse(expression)
    if all(candidate.expression != text for candidate in known):
        known.append(Candidate(text, f"the call on line {site.call.lineno}"))


def _note_instances(
    tree: ast.Module,
    classes: Collection[str],
    factories: Mapping[str, Collection[str]],
    made: dict[str, tuple[str, ...]],
) -> None:
    """Which variables hold models of which classes, by name, over the whole file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            models = _classes_of(node.value, classes, factories, made)
            if models:
                made[node.targets[0].id] = tuple(dict.fromkeys([*made.get(node.targets[0].id, ()), *models]))


def _classes_of(
    node: ast.expr,
    classes: Collection[str],
    factories: Mapping[str, Collection[str]],
    made: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """The classes that an expression may be an instance of."""
    if isinstance(node, ast.Name):
        return made.get(node.id, ())
    if not isinstance(node, ast.Call):
        return ()
    name = _called(node)
    if _constructed(node) in classes:
        return (name,)
    if name in factories:
        return tuple(factories[name])
    if name in _PASSING:
        inner = node.func.value if isinstance(node.func, ast.Attribute) else None
        sources = [*node.args[:1], *([inner] if inner is not None else [])]
        return next((c for source in sources if (c := _classes_of(source, classes, factories, made))), ())
    return ()


def _models_given(
    call: ast.Call,
    classes: Collection[str],
    factories: Mapping[str, Collection[str]],
    made: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """The classes whose models a call runs."""
    if _called(call) in _SUMMARIES | _PROFILES and call.args:
        return _classes_of(call.args[0], classes, factories, made)
    if isinstance(call.func, ast.Attribute) and call.func.attr == "forward":
        return _classes_of(call.func.value, classes, factories, made)
    return _classes_of(call.func, classes, factories, made)


def _hint(site: CallSite) -> InputHint | None:
    call = site.call
    name = _called(call)
    origin = f"the call on line {call.lineno}"
    if name in _SUMMARIES:
        return _summary_hint(site, origin)
    if name in _PROFILES:
        given = [*call.args[1:2], *(k.value for k in call.keywords if k.arg in ("inputs", "args", "input"))][:1]
        parts = given[0].elts if given and isinstance(given[0], ast.Tuple | ast.List) else given
        return _tensors(parts, (), site, origin)
    return _tensors(call.args, [k for k in call.keywords if k.arg], site, origin)


def _summary_hint(site: CallSite, origin: str) -> InputHint | None:
    """`summary(model, (3, 224, 224))` leaves the batch out; torchinfo's `input_size=(1, 3, 224, 224)` does not."""
    call = site.call
    given = [*call.args[1:2], *(k.value for k in call.keywords if k.arg in ("input_size", "input_res"))]
    if not given:
        return None
    whole = constant(given[0], site.known)
    sizes = sizes_of(given[0], site.known)
    if sizes is None and isinstance(whole, tuple) and whole and isinstance(given[0], ast.List | ast.Tuple):
        sizes = sizes_of(given[0].elts[0], site.known)
    if sizes is None:
        return None
    return InputHint(((sizes if len(sizes) == 4 else (1, *sizes), "float32"),), ("",), origin)


def _tensors(
    parts: Sequence[ast.expr], keywords: Sequence[ast.keyword], site: CallSite, origin: str
) -> InputHint | None:
    given = list(_shaped(parts, keywords, site))
    if not given or any(shaped is None for _, shaped in given):
        return None
    return InputHint(tuple(s for _, s in given if s is not None), tuple(name for name, _ in given), origin)


def _shaped(
    parts: Sequence[ast.expr], keywords: Sequence[ast.keyword], site: CallSite
) -> Iterator[tuple[str, Shaped | None]]:
    for part in parts:
        yield "", tensor_of(part, site.known)
    for keyword in keywords:
        shaped = tensor_of(keyword.value, site.known)
        if shaped is not None:
            yield keyword.arg or "", shaped


def _constructed(call: ast.Call) -> str:
    """The class that a call may construct: `nn.GRU(...)` is another's than this file's `GRU`."""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""
