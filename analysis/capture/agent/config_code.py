"""Values of configurations that Python code makes, read from its syntax tree and never executed.

Options of a parser, `config.depth = 12` and `config["depth"] = 12`, dictionaries, keywords, fields of classes.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

# How code calls a configuration, and a class of them.
CALLED = re.compile(
    r"_?c|(\w*_)?(cfg|conf|config|configs|configuration|args|opts?|options|hparams?|hps|params|settings|flags|defaults)(_\w+)?",
    re.IGNORECASE,
)
_CLASS = re.compile(r"\w*(config|cfg|args|arguments|hparams|params|options|opts?|settings)", re.IGNORECASE)
_MAKES = re.compile(r"add_argument\(|(?i:cfg|conf|args|opt|param|settings|flags|_c\b)")
_NO_VALUE = object()


def values_in(text: str) -> Iterator[Mapping[str, Any]]:
    """The mappings that a Python file makes: one of all options, one of each configuration by its name."""
    if _MAKES.search(text) is None:
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    nodes = list(ast.walk(tree))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    options = dict(option for read in (_option, _set_later) for call in calls for option in read(call))
    if options:
        yield options
    made: dict[str, dict[str, Any]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            _assigned(node, options, made)
        elif isinstance(node, ast.ClassDef) and _CLASS.fullmatch(node.name):
            made.setdefault(node.name, {}).update(_fields(node))
    yield from (given for given in made.values() if given)


def _option(call: ast.Call) -> Iterator[tuple[str, Any]]:
    """`parser.add_argument("--depth", type=int, default=12)`"""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument"):
        return
    flags = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    named = next((flag for flag in flags if flag.startswith("--")), flags[0] if flags else "")
    name = _literal(given["dest"]) if "dest" in given else named.lstrip("-").replace("-", "_")
    action = _literal(given["action"]) if "action" in given else ""
    default = _literal(given["default"]) if "default" in given else _NO_VALUE
    if default is _NO_VALUE and action in ("store_true", "store_false"):
        default = action == "store_false"
    kind = getattr(given.get("type"), "id", "")
    if isinstance(default, str) and kind in ("int", "float"):
        with contextlib.suppress(ValueError):
            default = float(default) if kind == "float" else int(default)
    if default is not _NO_VALUE and isinstance(name, str):
        yield name, default


def _set_later(call: ast.Call) -> Iterator[tuple[str, Any]]:
    """What `set_defaults` gives options of a parser in place of their defaults."""
    if getattr(call.func, "attr", "") == "set_defaults":
        given = ((keyword.arg, _literal(keyword.value)) for keyword in call.keywords if keyword.arg)
        yield from ((name, value) for name, value in given if value is not _NO_VALUE)


def _assigned(node: ast.Assign, options: Mapping[str, Any], made: dict[str, dict[str, Any]]) -> None:
    """Puts what an assignment gives a configuration into the mapping of its name."""
    value = _value(node.value, options)
    for target in node.targets:
        root, *path = _path(target)
        if not root or value is _NO_VALUE or not CALLED.fullmatch(root) or not (path or isinstance(value, dict)):
            continue
        place = made.setdefault(root, {})
        for name in path[:-1]:
            place = place.setdefault(name, {}) if isinstance(place, dict) else {}
        if not path:
            place.update(value)
        elif isinstance(place, dict):
            place[path[-1]] = value


def _path(node: ast.expr) -> list[str]:
    """`config.model["depth"]` → config, model, depth; an empty name for anything else."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [*_path(node.value), node.attr]
    key = _literal(node.slice) if isinstance(node, ast.Subscript) else None
    return [*_path(node.value), key] if isinstance(node, ast.Subscript) and isinstance(key, str) else [""]


def _value(node: ast.expr, options: Mapping[str, Any]) -> Any:
    """A literal; what a call makes of keywords or of a dictionary; the option that an attribute is of."""
    if isinstance(node, ast.Attribute) and node.attr in options:
        return options[node.attr]
    if isinstance(node, ast.Dict):
        pairs = [(_literal(key), _value(value, options)) for key, value in zip(node.keys, node.values) if key]  # noqa: B905
        return {key: value for key, value in pairs if isinstance(key, str) and value is not _NO_VALUE}
    if isinstance(node, ast.Call):
        inner = next((found for arg in node.args if isinstance(found := _value(arg, options), dict)), {})
        given = {keyword.arg: _value(keyword.value, options) for keyword in node.keywords if keyword.arg}
        found = {**inner, **{name: value for name, value in given.items() if value is not _NO_VALUE}}
        return found or _NO_VALUE
    return _literal(node)


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, Any]]:
    """The fields of a class, what its constructor sets and what its parameters are by default."""
    for item in node.body:
        target = item.targets[0] if isinstance(item, ast.Assign) else getattr(item, "target", None)
        value = _literal(item.value) if isinstance(item, (ast.Assign, ast.AnnAssign)) and item.value else _NO_VALUE
        if isinstance(target, ast.Name) and value is not _NO_VALUE:
            yield target.id, value
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            names = [argument.arg for argument in item.args.args][-len(item.args.defaults) or len(item.args.args) :]
            given = [(name, _literal(default)) for name, default in zip(names, item.args.defaults)]  # noqa: B905
            given += [
                (part.targets[0].attr, _literal(part.value))
                for part in ast.walk(item)
                if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Attribute)
            ]
            yield from ((name, value) for name, value in given if value is not _NO_VALUE)


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _NO_VALUE
