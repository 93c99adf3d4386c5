"""Writes docs/settings.md, the table of the editor's settings: `make settings`."""

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from graphperf.server.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
_HEAD = """# Settings of the editor

Made by `make settings` from `server/settings.py`. Names are those of the `graphperf` section of a client's configuration, and of
the initialization options; snake case is accepted too. null means not set. What cannot be used is told once, and the default is
used. Of these, the later goes before:

1. initialization options;
2. `hardware`, `precision`, `batch` and `mode` in `[tool.graphperf]`, `select`, `extend-select` and `ignore` in
   `[tool.graphperf.lint]` of the `pyproject.toml` of the workspace's folder that a file lies in; for a file outside of all
   folders, of the first;
3. the client's configuration;
4. the client's configuration of that folder.

| setting | default | what it says |
|---|---|---|
"""
_TAIL = """
What else that `pyproject.toml` asks of models holds as on the command line: limits of rules, `per-file-ignores`, `severity`
(without it, `hint`), `baseline`, and `[tool.graphperf.budgets]`.

A client can ask for more in its initialization options: [language-server.md](language-server.md).
"""


def page() -> str:
    """The page as the settings are now."""
    return _HEAD + "\n".join(_rows(Settings, "")) + "\n" + _TAIL


def _rows(model: type[BaseModel], group: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _rows(kind, f"{group}{to_camel(name)}.")
        elif field.description is not None:
            yield f"| `{group}{to_camel(name)}` | `{_default(field)}` | {field.description} |"


def _default(field: FieldInfo) -> str:
    return json.dumps(field.default)


def main() -> None:
    """Writes the page."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
