"""Files of the repository that the code is in: its configurations, its other code."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator

_MOST_FILES, _MOST_BYTES = 48, 1 << 16
# How many folders are looked at, where the repository's root is among them, and where neither it nor a package is.
_HIGHEST, _HIGHEST_OUTSIDE = 4, 2
_FOLDER = re.compile(r"conf(ig)?s?|hparams|params|settings|options?|experiments?")
_TOP = (".git", "pyproject.toml", "setup.py", "requirements.txt", "LICENSE")
_YAML = (".yaml", ".yml")
_ENDINGS = (".json", *_YAML)
# Python files that are looked at: there are more of them, and few make configurations; in other folders those that
# are called so.
_MOST_CODE, _MOST_OF_ALL = 96, 400
# How many folders of a repository are looked into.
_MOST_FOLDERS = 1000
# Folders for configurations and those in them that are looked into.
_MOST_CONFIGURED = 40
_CODE = re.compile(r"\w*(conf|cfg|arg|opts?|option|pars|param|hparam|setting|default)\w*\.py")


def configuration_files(path: str) -> Iterator[str]:
    """JSON, YAML and Python files that may hold a configuration, from the folder of the code up to the root."""
    left, code = _MOST_FILES, _MOST_CODE
    for folder in upwards(path):
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


def code_files(path: str) -> Iterator[str]:
    """Python files of the repository, those near the code first; of the code's folder where there is none."""
    yield from _of_repository(path, (".py",))


def descriptions(path: str) -> Iterator[str]:
    """YAML files of the repository, likewise."""
    yield from _of_repository(path, _YAML)


def documents(path: str) -> Iterator[str]:
    """Texts in Markdown from the folder of the code up to the root."""
    for folder in upwards(path):
        yield from _listed(folder, ".md")


def _of_repository(path: str, endings: tuple[str, ...]) -> Iterator[str]:
    folders, seen = upwards(path), set[str]()
    if not _is_top(folders[-1]):
        folders = folders[:1]
    below = itertools.islice(_walk(folders[-1]), _MOST_FOLDERS)
    walked = (os.path.join(folder, name) for folder, _, names in below for name in sorted(names))
    near = (entry for folder in folders for entry in _listed(folder, *endings))
    for found in itertools.chain(near, (entry for entry in walked if entry.endswith(endings))):
        if found not in seen:
            seen.add(found)
            yield found
        if len(seen) == _MOST_OF_ALL:
            return


def _walk(top: str) -> Iterator[tuple[str, list[str], list[str]]]:
    for folder, inner, names in os.walk(top):
        inner[:] = sorted(name for name in inner if not name.startswith((".", "_")) and name != "site-packages")
        yield folder, inner, names


def upwards(path: str) -> list[str]:
    """The folder of the code and those above it, up to the repository's root or, where there is none, the package's."""
    folders = [os.path.dirname(os.path.abspath(path))]
    while len(folders) < _HIGHEST and not _is_top(folders[-1]):
        folders.append(os.path.dirname(folders[-1]))
    packages = sum(os.path.exists(os.path.join(folder, "__init__.py")) for folder in folders)
    return folders if _is_top(folders[-1]) else folders[: max(packages + 1, _HIGHEST_OUTSIDE)]


def _is_top(folder: str) -> bool:
    return "site-packages" in folder or any(os.path.exists(os.path.join(folder, name)) for name in _TOP)


def _configurations(folder: str, *endings: str) -> Iterator[str]:
    """The files in the folders for configurations, and in all folders in these."""
    for inner in _folders(folder):
        if _FOLDER.fullmatch(os.path.basename(inner)):
            for place, _, _ in itertools.islice(_walk(inner), _MOST_CONFIGURED):
                yield from _listed(place, *endings)


def _folders(folder: str) -> list[str]:
    return [entry for entry in _entries(folder) if os.path.isdir(entry)]


def _listed(folder: str, *endings: str) -> list[str]:
    return [entry for entry in _entries(folder) if entry.endswith(endings or _ENDINGS)]


def _entries(folder: str) -> list[str]:
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    except OSError:
        return []


def text_of(path: str, most: int = _MOST_BYTES) -> str:
    """What a file says; nothing where it is too long or no text."""
    try:
        if os.path.getsize(path) > most:
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):
        return ""
