"""Values from a JSON, YAML or Python file beside the code: of a configuration that it reads, of the arguments of a class.

YAML is read where the interpreter of the analysed code has PyYAML.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .config_code import CALLED, values_in

_MOST_FILES, _MOST_BYTES = 48, 1 << 16
_LEAST_SHARED = 3
# What a name that the file has in common with the code, `configs/small/net.yaml` with `models/small/net.py`, counts.
_NAMED_ALIKE = 2
# How many folders are looked at, where the repository's root is among them, and where neither it nor a package is.
_HIGHEST, _HIGHEST_OUTSIDE = 4, 2
_FOLDER = re.compile(r"conf(ig)?s?|hparams|params|settings|options?")
_TOP = (".git", "pyproject.toml", "setup.py", "requirements.txt", "LICENSE")
_ENDINGS = (".json", ".yaml", ".yml")
# Python files that are looked at: there are more of them, and few make configurations; in other folders those that
# are called so.
_MOST_CODE = 96
_CODE = re.compile(r"\w*(conf|cfg|arg|opts?|option|pars|param|hparam|setting|default)\w*\.py")
# `config.model.depth` and `config["model"]["depth"]`, but not the method of a call.
_CHAIN = re.compile(r"[a-zA-Z_]\w*((?:\.[a-zA-Z_]\w*\b(?!\()|\[[\"']\w+[\"']\])+)")


def values_beside(path: str, text: str) -> tuple[str, Mapping[str, Any]]:
    """The name of the file, and the mapping in it, that has most of the attributes and keys that `text` reads."""
    chains = {tuple(re.findall(r"\w+", found)) for found in _CHAIN.findall(text)}
    chains |= {chain[1:] for chain in chains if len(chain) > 1 and CALLED.fullmatch(chain[0])}
    names = {chain[0] for chain in chains} | {name for chain in chains for name in chain[1:]}
    known: list[tuple[int, str, Mapping[str, Any]]] = []
    for found, part in _mappings(path, names):
        shared = _shared(part, chains)
        if shared >= _LEAST_SHARED:
            rank = shared + _NAMED_ALIKE * len(_own_names(path, found) & _own_names(found, path))
            known.append((rank, found, part))
    known.sort(key=lambda item: -item[0])
    return _together(known) if known else ("", {})


def _together(known: Sequence[tuple[int, str, Mapping[str, Any]]]) -> tuple[str, Mapping[str, Any]]:
    """The first, with those that lie in other files of its folder and have nothing in common with it."""
    (_, first, values), *others = known
    sources, joined = [first], dict(values)
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
    for found in _files(path):
        text = _text(found)
        if len(names.intersection(re.findall(r"\w+", text))) < _LEAST_SHARED:
            continue
        parts = list(values_in(text)) if found.endswith(".py") else [_values(text, found)]
        for part in parts:
            yield found, part
            parts += [item for item in part.values() if isinstance(item, dict)]


def _files(path: str) -> Iterator[str]:
    """Such files in the folder of the code and in those above it, up to the repository's root."""
    folders = [os.path.dirname(os.path.abspath(path))]
    while len(folders) < _HIGHEST and not _is_top(folders[-1]):
        folders.append(os.path.dirname(folders[-1]))
    left, code = _MOST_FILES, _MOST_CODE
    packages = sum(os.path.exists(os.path.join(folder, "__init__.py")) for folder in folders)
    for folder in folders if _is_top(folders[-1]) else folders[: max(packages + 1, _HIGHEST_OUTSIDE)]:
        for found in [*_listed(folder), *_configurations(folder)][:left]:
            left -= 1
            yield found
        inner = (
            entry
            for sub in _folders(folder)
            for entry in _listed(sub, ".py")
            if _CODE.fullmatch(os.path.basename(entry))
        )
        for found in [*_listed(folder, ".py"), *_configurations(folder, ".py"), *inner][:code]:
            code -= 1
            yield found


def _is_top(folder: str) -> bool:
    return "site-packages" in folder or any(os.path.exists(os.path.join(folder, name)) for name in _TOP)


def _configurations(folder: str, *endings: str) -> Iterator[str]:
    """The files in the folders for configurations, and in the folders in these."""
    for inner in _folders(folder):
        if _FOLDER.fullmatch(os.path.basename(inner)):
            yield from _listed(inner, *endings)
            for innermost in _folders(inner):
                yield from _listed(innermost, *endings)


def _folders(folder: str) -> list[str]:
    return [entry for entry in _entries(folder) if os.path.isdir(entry)]


def _listed(folder: str, *endings: str) -> list[str]:
    return [entry for entry in _entries(folder) if entry.endswith(endings or _ENDINGS)]


def _entries(folder: str) -> list[str]:
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    except OSError:
        return []


def _text(path: str) -> str:
    try:
        if os.path.getsize(path) > _MOST_BYTES:
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def _values(text: str, path: str) -> Mapping[str, Any]:
    """What a file holds; nothing where that is no mapping."""
    try:
        given = json.loads(text) if path.endswith(".json") else _of_yaml(text)
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _of_yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError:
        return {}
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return {}
