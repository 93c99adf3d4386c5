"""Classes of other files of the repository, for an argument with attributes that what stands for it does not have."""

from __future__ import annotations

import ast
import importlib
import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from .choices import Arguments, Choices
from .file_classes import BORROWED, with_attributes
from .nearby import code_files, text_of
from .roots import package_of, relative_dots
from .statements import statements_of

_LACKS = re.compile(r"'Passthrough' object has no attribute '(\w+)'")
_LAYERS = {"weight": "nn.Conv2d(64, 64, 3, padding=1)", "bias": "nn.Conv2d(64, 64, 3, padding=1)"}
_NETWORK = "nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 64))"
_MOST_FILES, _MOST_CLASSES = 3, 4


def lacked(message: str) -> str:
    """The attribute that an error says a stand-in for a module does not have; empty when it is about something else."""
    found = _LACKS.search(message)
    return found[1] if found is not None else ""


def with_attribute(arguments: Arguments, choices: Choices, attribute: str) -> Iterator[Arguments]:
    """Instances of classes that have what is read from an argument, in place of what stands for it."""
    for name, text in arguments.items() if attribute else ():
        if text != "Passthrough()":
            continue
        read = choices.usages[name].attributes if name in choices.usages else []
        wanted = read if attribute in read else [attribute]
        texts = [_LAYERS[attribute]] if attribute in _LAYERS else _classes_with(wanted, choices.file)
        yield from ({**arguments, name: other} for other in itertools.islice(texts, _MOST_CLASSES))


def with_networks(arguments: Arguments) -> Arguments:
    """Small networks in place of what stands for layers, for code that goes through the layers or the parameters of one."""
    return {name: _NETWORK if "Passthrough()" in text else text for name, text in arguments.items()}


def _classes_with(names: Sequence[str], path: str) -> Iterator[str]:
    """Expressions for module classes of the repository that set all of the attributes; their files are imported."""
    patterns = [re.compile(rf"self\.{re.escape(name)}\b *[=:,]|def {re.escape(name)}\(") for name in names]
    having = (
        (file, text)
        for file in code_files(path)
        if "def forward" in (text := text_of(file))
        and all(pattern.search(text) for pattern in patterns)
        and _is_no_script(text)
    )
    for file, text in itertools.islice(having, _MOST_FILES):
        namespace = _imported(file, text)
        for written in with_attributes(list(names), namespace):
            name = written.strip("<>()")
            BORROWED[name] = namespace[name]
            yield written


def _is_no_script(text: str) -> bool:
    """Whether a file only defines: there is nothing that runs where it is imported."""
    return not any(
        isinstance(item, (ast.For, ast.While, ast.With))
        or (isinstance(item, ast.Expr) and isinstance(item.value, ast.Call))
        for item in statements_of(text)
    )


def _imported(file: str, text: str) -> dict[str, Any]:
    """The names of a file; none where it cannot be imported."""
    root, name = package_of(file, dots=relative_dots(statements_of(text)))
    if root not in sys.path:
        sys.path.append(root)
    try:
        return dict(vars(importlib.import_module(name)))
    except BaseException:  # the user's code may end the program
        return {}
