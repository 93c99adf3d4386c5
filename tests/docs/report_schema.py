"""Writes docs/report-schema.md: every record of the JSON report with its fields. `make reference`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel

from graphperf.analysis.report import schema

from .blocks import ROOT

PAGE = ROOT / "docs" / "report-schema.md"
_HEAD = f"""# The JSON report

Made by `make reference` from `analysis/report/schema.py`. `graphperf analyze TARGET... --format json` prints one object, a
[ReportFile](#reportfile). Field names are stable; `schema_version`, now {schema.SCHEMA_VERSION}, changes with them. All
figures are in SI units: seconds, joules, J·s, bytes. The command exits with 0; with 1 when a model could not be captured
(`errors` says why); with 2 when the request itself is wrong, and then prints nothing on stdout.
"""


def page() -> str:
    """The page as the records are now."""
    return "\n".join([_HEAD, *(_section(record) for record in records())])


def records() -> list[type[BaseModel]]:
    """Every record, each before those that are in it."""
    found: dict[type[BaseModel], None] = {}

    def add(record: type[BaseModel]) -> None:
        found.pop(record, None)
        found[record] = None
        for annotation in _annotations(record).values():
            for inner in _inside(annotation):
                add(inner)

    add(schema.ReportFile)
    return list(found)


def _annotations(record: type[BaseModel]) -> dict[str, Any]:
    """Field → type; records that are defined further down are names in the class itself."""
    hints = get_type_hints(record)
    return {name: hints[name] for name in record.model_fields}


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _inside(argument)


def _section(record: type[BaseModel]) -> str:
    rows = "\n".join(
        f"| `{name}` | {_type(annotation)} | {record.model_fields[name].description or ''} |"
        for name, annotation in _annotations(record).items()
    )
    return f"## {record.__name__}\n\n{inspect.getdoc(record)}\n\n| field | type | what it is |\n|---|---|---|\n{rows}\n"


def _type(annotation: Any) -> str:
    """`list of [InputRecord](#inputrecord)`, `text or null`."""
    arguments = get_args(annotation)
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if getattr(annotation, "__origin__", None) is list:
        return f"list of {_type(arguments[0])}"
    if arguments and all(isinstance(argument, str) for argument in arguments):
        return " or ".join(f"`{argument}`" for argument in arguments)
    if arguments:
        return " or ".join(map(_type, arguments))
    names: dict[object, str] = {int: "integer", float: "number", str: "text", bool: "true or false", NoneType: "null"}
    return names[annotation]
