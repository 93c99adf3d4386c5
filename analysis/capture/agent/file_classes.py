"""Classes of the analysed file as constructor arguments: blocks given by class, layers, the annotated configuration.

A class that needs arguments itself is written `<Name>`: its own arguments are guessed when the expression is tried.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from .typical import typical_values

# Classes that annotations mention and that the file itself does not name.
BORROWED: dict[str, type] = {}
_CONFIG = re.compile(r"(config|cfg|args|params|hparams)$", re.IGNORECASE)
_PLAIN = ("torch.", "builtins", "typing", "collections", "argparse", "types", "pathlib")


def annotated_layer(annotation: object, namespace: Mapping[str, Any]) -> Iterator[str]:
    """The module class that the parameter is said to be, then the classes of the file that inherit from it."""
    name = _name(annotation)
    cls = namespace.get(name, annotation) if name else None
    if isinstance(cls, type) and issubclass(cls, nn.Module) and not cls.__module__.startswith("torch."):
        BORROWED[name] = cls
        if cls.forward is not nn.Module.forward:
            yield written(name, cls)
        yield from (
            written(n, given) for n, given in _modules(namespace) if given is not cls and issubclass(given, cls)
        )


def configurations(annotation: object, namespace: Mapping[str, Any]) -> Iterator[str]:
    """The annotated class, and classes of the file that are called a configuration."""
    for one in _alternatives(annotation):
        name = _name(one)
        cls = namespace.get(name, one) if name else None
        if isinstance(cls, type) and not cls.__module__.startswith(_PLAIN) and not issubclass(cls, nn.Module):
            BORROWED[name] = cls
            yield from (written(name, cls), *_filled(name, cls))
    for name, given in list(namespace.items()):
        if isinstance(given, type) and _CONFIG.search(name) and not issubclass(given, nn.Module):
            yield from (written(name, given), *_filled(name, given))


def _filled(name: str, cls: type) -> Iterator[str]:
    """A dataclass with typical values where its own, -1, only says that they are set later."""
    fields = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    later = [field.name for field in fields if field.default == -1]
    if later:
        given = (f"{later_name}={next(typical_values(later_name, root=True))}" for later_name in later)
        yield f"{name}({', '.join(given)})"


def named_like(name: str, namespace: Mapping[str, Any], *, instance: bool) -> Iterator[str]:
    """Module classes of the file whose name has the parameter's in it."""
    stem = re.sub(r"_|cls|class", "", name)
    for given_name, given in _modules(namespace) if stem else ():
        if stem in given_name.lower():
            yield written(given_name, given) if instance else given_name


def with_attributes(names: list[str], namespace: Mapping[str, Any], *, instance: bool = True) -> Iterator[str]:
    """Module classes of the file that set all of the attributes that are read; or their instances."""
    own = [name for name in dict.fromkeys(names) if not hasattr(nn.Module, name) and name not in ("device", "dtype")]
    for given_name, given in _modules(namespace) if own else ():
        try:
            source = inspect.getsource(given)
        except (OSError, TypeError):
            continue
        if all(name in vars(given) or re.search(rf"self\.{name}\b *[=:,]", source) for name in own):
            yield written(given_name, given) if instance else given_name


def written(name: str, cls: type) -> str:
    """`Name()`, or `<Name>` when the class needs arguments."""
    try:
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    except (TypeError, ValueError):
        return f"{name}()"
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    needed = [p for p in parameters if p.default is p.empty and p.kind not in kinds]
    return f"<{name}>" if needed or any(p.kind in kinds for p in parameters) else f"{name}()"


def _modules(namespace: Mapping[str, Any]) -> Iterator[tuple[str, type]]:
    for name, given in list(namespace.items()):
        own = isinstance(given, type) and issubclass(given, nn.Module) and not given.__module__.startswith("torch.")
        if own and given.forward is not nn.Module.forward:
            yield name, given


def _alternatives(annotation: object) -> Iterator[object]:
    """What a union names, one after the other; else the annotation itself."""
    if isinstance(annotation, str) and re.search(r"\||\b(Union|Optional)\[", annotation):
        yield from (name for name in re.findall(r"[\w.]+", annotation) if not name.endswith(("Union", "Optional")))
    else:
        yield from typing.get_args(annotation) if _is_union(annotation) else (annotation,)


def _is_union(annotation: object) -> bool:
    return typing.get_origin(annotation) in (typing.Union, getattr(types, "UnionType", typing.Union))


def _name(annotation: object) -> str:
    if annotation is inspect.Parameter.empty:
        return ""
    if isinstance(annotation, str):
        return annotation.strip("'\"").rpartition(".")[2]
    return getattr(annotation, "__name__", "")
