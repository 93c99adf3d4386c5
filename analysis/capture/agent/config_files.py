"""Values from a JSON file beside the code: of a configuration that the code reads, of the arguments of a class."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_MOST_FILES, _MOST_BYTES = 24, 1 << 16
_LEAST_SHARED = 3
_HIGHEST = 2
_FOLDER = re.compile(r"conf(ig)?s?|hparams|params|settings")


def values_beside(path: str, text: str) -> tuple[str, Mapping[str, Any]]:
    """The name and the values of the file that has most of the attributes and keys that `text` reads."""
    read = set(re.findall(r"\.([a-zA-Z_]\w*)\b(?!\()|\[[\"'](\w+)[\"']\]", text))
    wanted = {name for pair in read for name in pair if name}
    best: tuple[int, str, Mapping[str, Any]] = (_LEAST_SHARED - 1, "", {})
    for found in _files(path):
        values = _values(found)
        shared = len(wanted & set(values))
        if shared > best[0]:
            best = (shared, os.path.basename(found), values)
    return best[1], best[2]


def arguments_beside(path: str, names: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
    """The name of the file, and the values of the parameters `names`, where a mapping in it has most of them."""
    best: tuple[int, str, Mapping[str, Any]] = (max(_LEAST_SHARED, len(names) // 2) - 1, "", {})
    for found in _files(path) if len(names) >= _LEAST_SHARED else ():
        values = _values(found)
        for part in [values, *(item for item in values.values() if isinstance(item, dict))]:
            given = {name: part[name] for name in names if name in part}
            if len(given) > best[0]:
                best = (len(given), os.path.basename(found), given)
    return best[1], best[2]


def _files(path: str) -> Iterator[str]:
    """JSON files in the folder of the code and in those above it, up to the repository's root."""
    folder, left = os.path.dirname(os.path.abspath(path)), _MOST_FILES
    for _ in range(_HIGHEST):
        names = sorted(_listed(folder))
        inner = [
            os.path.join(name, item)
            for name in names
            if _FOLDER.fullmatch(name)
            for item in sorted(_listed(os.path.join(folder, name)))
        ]
        for name in [name for name in [*names, *inner] if name.endswith(".json")][:left]:
            left -= 1
            yield os.path.join(folder, name)
        if os.path.exists(os.path.join(folder, ".git")) or "site-packages" in folder:
            return
        folder = os.path.dirname(folder)


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _values(path: str) -> Mapping[str, Any]:
    """What a file holds, with the items of the mappings in it; nothing where it is something else."""
    try:
        if os.path.getsize(path) > _MOST_BYTES:
            return {}
        with open(path, encoding="utf-8") as file:
            given = json.load(file)
    except (OSError, ValueError):
        return {}
    return given if isinstance(given, dict) else {}
