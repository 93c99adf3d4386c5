"""Arguments that other code of the repository gives a class: a training script, a test, a model around it, its README."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Mapping, Sequence

from .config_code import values_in
from .nearby import code_files, documents, text_of

_MOST_FILES, _MOST_SITES = 8, 2
# Code in a document, and how long a document may be.
_CODE, _MOST_WORDS = re.compile(r"```\w*\n(.*?)```", re.DOTALL), 1 << 18
# What code calls the options of its parser.
_HOLDERS = ("args", "opt", "opts", "options", "config", "cfg", "FLAGS")
# Names that mean the same everywhere.
_SHARED = frozenset({"nn", "torch", "partial", "torchvision", "models"})


def arguments_at_calls(
    name: str, parameters: Sequence[str], path: str, *, is_open: bool = False
) -> list[tuple[str, dict[str, str]]]:
    """(file, expressions by parameter) of the calls of the class `name` that say most; what a call computes is left out.

    An open constructor takes other keywords too.
    """
    found: list[tuple[str, dict[str, str]]] = []
    for file, text in _mentioning(name, path):
        try:
            sites = list(_sites(name, parameters, text, is_open=is_open))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for given in sites:
            if given and all(given != other for _, other in found):
                found.append((os.path.basename(file), given))
    found.sort(key=lambda site: -len(site[1]))
    return found[:_MOST_SITES]


def _sites(name: str, parameters: Sequence[str], text: str, *, is_open: bool) -> Iterator[dict[str, str]]:
    """The arguments of each call in a text."""
    tree = ast.parse(text)
    known = _known(tree, text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == name:
            others = [keyword.arg for keyword in node.keywords if keyword.arg] if is_open else []
            yield dict(_given(node, [*parameters, *others], known))


def _mentioning(name: str, path: str) -> Iterator[tuple[str, str]]:
    """Documents and code that call the class; of the first those that name its module, where some do."""
    called = re.compile(rf"(?<!class )\b{re.escape(name)}\(")
    blocks = [(file, block) for file in documents(path) for block in _CODE.findall(text_of(file, _MOST_WORDS))]
    shown = [(file, block) for file, block in blocks if called.search(block)]
    module = re.compile(rf"\b{re.escape(os.path.splitext(os.path.basename(path))[0])}\b")
    yield from [(file, block) for file, block in shown if module.search(block)] or shown
    left = _MOST_FILES
    for file in code_files(path):
        text = text_of(file)
        if called.search(text):
            left -= 1
            yield file, text
        if not left:
            return


def _given(call: ast.Call, parameters: Sequence[str], known: Mapping[str, ast.expr]) -> Iterator[tuple[str, str]]:
    """The arguments that are written out, or that stand for something that is."""
    plain = []
    for argument in call.args:
        if isinstance(argument, ast.Starred):
            break
        plain.append(argument)
    named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg in parameters}
    for name, node in {**dict(zip(parameters, plain)), **named}.items():  # noqa: B905 (Python 3.9)
        text = _written(node, known)
        if name and text:
            yield name, text


def _written(node: ast.expr, known: Mapping[str, ast.expr]) -> str:
    """An expression that means the same everywhere; empty where there is none."""
    key = ast.unparse(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
    chosen = known.get(key, node)
    names = {item.id for item in ast.walk(chosen) if isinstance(item, ast.Name)}
    plain = not any(isinstance(item, (ast.Lambda, ast.comprehension, ast.Await)) for item in ast.walk(chosen))
    is_none = isinstance(chosen, ast.Constant) and chosen.value is None
    plain &= not any(isinstance(item, ast.Constant) and item.value is ... for item in ast.walk(chosen))
    return ast.unparse(chosen) if names <= _SHARED and plain and not is_none else ""


def _known(tree: ast.Module, text: str) -> dict[str, ast.expr]:
    """What names stand for in a file: variables, parameters with a default, options of a parser."""
    found: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, node.value)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names = node.args.args[len(node.args.args) - len(node.args.defaults) :]
            for argument, default in zip(names, node.args.defaults):  # noqa: B905 (Python 3.9)
                found.setdefault(argument.arg, default)
    options = next(values_in(text), {}) if "add_argument" in text else {}
    for option, value in options.items():
        if isinstance(value, (int, float, str)):
            written = ast.parse(repr(value), mode="eval").body
            found.update({f"{holder}.{option}": written for holder in _HOLDERS})
    return found
