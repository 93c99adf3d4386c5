"""Values from a JSON, YAML or Python file beside the code: of a configuration that it reads, of the arguments of a class.

YAML is read where the interpreter of the analysed code has PyYAML.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from .config_code import CALLED, values_in
from .nearby import configuration_files, text_of

_LEAST_SHARED = 3
# What a name that the file has in common with the code, `configs/small/net.yaml` with `models/small/net.py`, counts.
_NAMED_ALIKE = 2
# What a file counts that names the class, less its parts.
_MEANT = 1000
# How a value refers to another one (OmegaConf), how far references are followed, and what they lead to outside of the file.
_REFERENCE, _DEEPEST, _ELSEWHERE = re.compile(r"\$\{([\w.]+)\}"), 4, object()
# What a script has to give (OmegaConf).
_LATER = "???"
# `config.model.depth` and `config["model"]["depth"]`, but not the method of a call.
_CHAIN = re.compile(r"[a-zA-Z_]\w*((?:\.[a-zA-Z_]\w*\b(?!\()|\[[\"']\w+[\"']\])+)")


def values_beside(path: str, text: str, wanted: Collection[str] = ()) -> tuple[str, Mapping[str, Any]]:
    """The name of the file, and the mapping in it, that has most of the attributes and keys that `text` reads.

    A configuration that has one of the names `wanted`, of a class, is meant for it.
    """
    chains = {tuple(re.findall(r"\w+", found)) for found in _CHAIN.findall(text)}
    chains |= {chain[1:] for chain in chains if len(chain) > 1 and CALLED.fullmatch(chain[0])}
    names = {chain[0] for chain in chains} | {name for chain in chains for name in chain[1:]}
    known: list[tuple[int, str, Mapping[str, Any]]] = []
    for found, part in _mappings(path, names):
        shared = _shared(part, chains)
        if shared >= _LEAST_SHARED:
            rank = shared + _NAMED_ALIKE * len(_own_names(path, found) & _own_names(found, path))
            if wanted and not found.endswith(".py") and not set(wanted).isdisjoint(_texts_in(part)):
                rank = _MEANT - len(part)  # the plainest
            known.append((rank, found, part))
    known.sort(key=lambda item: -item[0])
    return _together(known) if known else ("", {})


def _texts_in(part: Mapping[str, Any]) -> Iterator[str]:
    """The texts among the values of a configuration and of its parts."""
    for value in part.values():
        if isinstance(value, dict):
            yield from _texts_in(value)
        elif isinstance(value, str):
            yield value


def _filled(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What a file says over what code has by default."""
    both = values.keys() & defaults.keys()
    inner = {key: _filled(values[key], defaults[key]) for key in both if _are_mappings(values[key], defaults[key])}
    return {**defaults, **values, **inner}


def _are_mappings(*values: object) -> bool:
    return all(isinstance(value, dict) for value in values)


def _together(known: Sequence[tuple[int, str, Mapping[str, Any]]]) -> tuple[str, Mapping[str, Any]]:
    """The first, with those that lie in other files of its folder and have nothing in common with it; over the defaults that
    Python code gives the same parts.
    """
    (_, first, values), *others = known
    sources, joined = [first], dict(values)
    if not first.endswith(".py"):
        parts = {key for key, value in joined.items() if isinstance(value, dict)}
        code = ((found, part) for _, found, part in others if found.endswith(".py") and len(parts & part.keys()) > 1)
        found, defaults = next(code, ("", {}))
        sources += [found] if found else []
        joined = _filled(joined, defaults)
    for _, found, part in others:
        beside = os.path.dirname(found) == os.path.dirname(first) and found not in sources
        if beside and not joined.keys() & part.keys():
            sources.append(found)
            joined.update(part)
    return " and ".join(map(os.path.basename, sources)), joined


def arguments_beside(path: str, names: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
    """The name of the file, and the values of the parameters `names`, where a mapping in it has most of them."""
    best: tuple[int, str, Mapping[str, Any]] = (max(_LEAST_SHARED, len(names) // 2) - 1, "", {})
    for found, part in _mappings(path, set(names)) if len(names) >= _LEAST_SHARED else ():
        given = {name: part[name] for name in names if name in part}
        if len(given) > best[0]:
            best = (len(given), os.path.basename(found), given)
    return best[1], best[2]


def _own_names(path: str, other: str) -> set[str]:
    """The names of a file and of the folders that it is in and the other file is not."""
    common = os.path.commonpath([os.path.abspath(path), os.path.abspath(other)])
    return set(os.path.splitext(os.path.relpath(os.path.abspath(path), common))[0].split(os.sep))


def _shared(part: Mapping[str, Any], chains: set[tuple[str, ...]]) -> int:
    """How many of the chains the mapping has; what a chain leads to may be read under a name of its own."""
    count = 0
    inner: list[Mapping[str, Any]] = []
    for chain in chains:
        given: Any = part
        for name in chain:
            given = given[name] if isinstance(given, dict) and name in given else _shared
        if given is not _shared:
            count += 1
            inner += [given] if isinstance(given, dict) else []
    return count + sum(name in mapping for mapping in inner for (name, *rest) in chains if not rest)


def _mappings(path: str, names: set[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The files that mention enough of the names, each with the mappings in it, the outermost first."""
    for found in configuration_files(path):
        text = text_of(found)
        words = {*re.findall(r"\w+", text), *re.findall(r"[a-zA-Z]\w*", text.replace("-", "_"))}  # `--token-count`
        if len(names & words) < _LEAST_SHARED:
            continue
        parts = list(values_in(text)) if found.endswith(".py") else [values_of(text, found)]
        for part in parts:
            yield found, part
            parts += [item for item in part.values() if isinstance(item, dict)]


def values_of(text: str, path: str) -> Mapping[str, Any]:
    """What a file holds; nothing where that is no mapping."""
    try:
        given = json.loads(text) if path.endswith(".json") else _of_yaml(text)
    except ValueError:
        return {}
    if not isinstance(given, dict):
        return {}
    return _resolved(given, given) if "${" in text or _LATER in text else given


def _resolved(value: Any, whole: Mapping[str, Any], depth: int = 0) -> Any:
    """Values with what they refer to: `${model.width}` is that of the same file. What refers elsewhere is left out."""
    if isinstance(value, dict):
        items = {key: _resolved(item, whole, depth) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not _ELSEWHERE}
    if isinstance(value, list):
        return [item for item in (_resolved(item, whole, depth) for item in value) if item is not _ELSEWHERE]
    if value == _LATER:
        return _ELSEWHERE
    if not isinstance(value, str) or "${" not in value:
        return value
    found: Any = whole
    name = _REFERENCE.fullmatch(value)
    for key in name[1].split(".") if name is not None and depth < _DEEPEST else [_ELSEWHERE]:
        found = found[key] if isinstance(found, dict) and key in found else _ELSEWHERE
    return found if found is _ELSEWHERE else _resolved(found, whole, depth + 1)


def _of_yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError:
        return {}
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return {}
