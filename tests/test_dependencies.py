"""What the host imports is what it says that it needs: an installation without torch has to work."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
# pyarrow is an extra; pydantic_core belongs to pydantic.
ALLOWED = {"pyarrow", "pydantic_core"}
FITS = ROOT / "analysis" / "study" / "calibrate"  # for developers, with their dependencies


def _imports(path: Path) -> set[str]:
    """Top-level names of the absolute imports of a file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_every_package_that_the_host_imports_is_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {re.split(r"[<>=;\[ ]", line)[0].lower() for line in project["dependencies"]}
    folders = [ROOT / name for name in ("analysis", "server", "hardware_profiles")]
    files = [
        path
        for folder in folders
        for path in folder.rglob("*.py")
        if not {"agent", "probe"} & set(path.relative_to(ROOT).parts) and FITS not in path.parents
    ]
    assert len(files) > 100
    imported = set[str]().union(*map(_imports, files)) - set(sys.stdlib_module_names) - {"graphperf"} - ALLOWED
    known = packages_distributions()
    missing = {name for name in imported if not {dist.lower() for dist in known.get(name, [name])} & declared}
    assert not missing
