"""Where the imports of a file start: the folder above its package, or one further up that has what it imports."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence

_HIGHEST, _DEEPEST = 6, 2
INSTALLED = ("site-packages", "dist-packages")
# Folders beside a repository's sources that may hold them.
_BESIDE = ("", "src")


def package_of(path: str, *, dots: int = 0) -> tuple[str, str]:
    """`(folder to put on sys.path, dotted module name)`: packages are the folders upwards with an `__init__.py`.

    `dots` is how far up the file's relative imports go: so many folders are packages without one too.
    """
    folder, filename = os.path.split(os.path.abspath(path))
    names = [] if filename == "__init__.py" else [filename.rpartition(".")[0]]
    while _is_package(folder) or (len(names) <= dots and "." not in os.path.basename(folder) != ""):
        folder, name = os.path.split(folder)
        names.append(name)
    return folder, ".".join(reversed(names))


def relative_dots(body: Sequence[ast.stmt]) -> int:
    """The most dots of a relative import of a module that is not guarded by `try`; 0 without any."""
    return max((node.level for node in body if isinstance(node, ast.ImportFrom)), default=0)


def folders_with(module: str, path: str, importing: str = "") -> Iterator[str]:
    """Folders from that of the file `path` upwards, nearest first, from which `module` can be imported.

    A file `importing` means nothing that it is or that it lies in: a package named like an installed one.
    """
    parts = module.split(".")
    folder = os.path.dirname(os.path.abspath(path))
    for _ in range(_HIGHEST):
        for beside in _BESIDE:
            root = os.path.join(folder, beside) if beside else folder
            found = os.path.join(root, *parts)
            itself = importing == f"{found}.py" or (_is_package(root) and importing.startswith(found + os.sep))
            if (os.path.isfile(f"{found}.py") or _has_modules(found)) and not itself:
                yield root
        if os.path.exists(os.path.join(folder, ".git")) or os.path.dirname(folder) == folder:
            return
        folder = os.path.dirname(folder)


def _has_modules(folder: str) -> bool:
    """Whether a folder is a package, or a namespace with Python files in it or a little below it."""
    for place, inner, names in os.walk(folder):
        if any(name.endswith(".py") for name in names):
            return True
        deep = place[len(folder) :].count(os.sep) >= _DEEPEST
        inner[:] = [] if deep else sorted(name for name in inner if name.isidentifier())
    return False


def _is_package(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, "__init__.py")) and os.path.basename(folder).isidentifier()


def is_installed(path: str) -> bool:
    """Whether a file belongs to an installed package."""
    return any(f"/{part}/" in path.replace("\\", "/") for part in INSTALLED)
