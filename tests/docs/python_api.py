"""Writes docs/reference/python-api.md: what scripts use, with signatures and docstrings. `make reference`."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from types import ModuleType
from typing import Any

from .blocks import ROOT

PAGE = ROOT / "docs" / "reference" / "python-api.md"
# What scripts use, by the module that they import it from.
PUBLIC = {
    "For scripts": {"graphperf.analysis.api": ("evaluations", "points", "NotCaptured")},
    "What they return": {
        "graphperf.analysis.estimate": ("Evaluation", "SubgraphEstimate", "Estimate", "Interval", "Question"),
        "graphperf.analysis.graph": ("Graph", "Operator", "Tensor", "SourceLine"),
        "graphperf.analysis.study": ("Point",),
    },
    "Recommendations": {
        "graphperf.analysis.study.recommend": ("recommend", "Limits", "Recommendation", "Ranked", "Violation")
    },
    "One step below": {
        "graphperf.analysis.discovery": ("parse_target", "FileTarget", "ModuleTarget", "UsageError"),
        "graphperf.analysis.settings": ("Options", "with_values"),
        "graphperf.analysis.capture": ("AgentPool", "PoolCapturer"),
        "graphperf.analysis.pipeline": ("analyze", "Analysis", "ModelResult", "Problem"),
        "graphperf.analysis.rules": ("judge",),
        "graphperf.analysis.finding": ("Finding",),
    },
    "Devices": {"graphperf.hardware_profiles": ("profile", "profiles", "Precision", "UnknownHardware", "ProfileError")},
    "Printing": {
        "graphperf.analysis.report.units": ("seconds", "joules", "edp", "data", "percent", "small", "large"),
        "graphperf.analysis.report.html": ("render_html",),
    },
}
_HEAD = """# Python API

Made by `make reference` from signatures and docstrings. Figures are in SI units unless a name says otherwise: seconds,
joules, J·s, bytes. [`examples`](../../examples/README.md) has scripts and a notebook.

"""


def page() -> str:
    """The page as the code is now."""
    return _HEAD + "\n\n".join(_parts()) + "\n"


def _parts() -> Iterator[str]:
    for heading, modules in PUBLIC.items():
        yield f"## {heading}"
        for path, names in modules.items():
            module = importlib.import_module(path)
            yield f"`from {path} import {', '.join(names)}`"
            for name in names:
                yield f"### {name}"
                yield from _described(module, name)


def _described(module: ModuleType, name: str) -> Iterator[str]:
    thing = getattr(module, name)
    head = _fields(thing) if is_dataclass(thing) else _signature(name, thing)
    yield f"```text\n{head}\n```"
    yield _doc(thing)
    if inspect.isclass(thing):
        members = [_member(key, value) for key, value in vars(thing).items() if not key.startswith("_")]
        if any(members):
            yield "\n".join(filter(None, members))


def _fields(kind: Any) -> str:
    """The fields of a data class, one a line."""
    return f"class {kind.__name__}:\n" + "\n".join(
        f"    {field.name}: {field.type}{_default(field)}" for field in fields(kind) if not field.name.startswith("_")
    )


def _default(field: Field[Any]) -> str:
    if field.default_factory is not MISSING:
        return " = ..."
    return "" if field.default is MISSING else f" = {_value(field.default)}"


def _value(value: object) -> str:
    """A default as it is written; what is long is left out."""
    text = re.sub(r"<([\w.]+): [^>]*>", r"\1", repr(value))
    return text if len(text) < 40 else "..."


def _signature(name: str, thing: Any) -> str:
    if inspect.isclass(thing) and issubclass(thing, BaseException | str):
        return f"class {name}({thing.__bases__[0].__name__})"
    signature = inspect.signature(thing)
    arguments, returned = list(_arguments(signature)), signature.return_annotation
    head, end = ("class ", "") if inspect.isclass(thing) else ("", f" -> {returned}")
    line = f"{head}{name}({', '.join(arguments)}){end}"
    return (
        line if len(line) <= 100 else "\n    ".join([f"{head}{name}(", *(f"{one}," for one in arguments)]) + f"\n){end}"
    )


def _arguments(signature: inspect.Signature) -> Iterator[str]:
    named = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not named:
            named = True
            yield "*"
        default = "" if parameter.default is parameter.empty else f" = {_value(parameter.default)}"
        yield f"{parameter.name}: {parameter.annotation}{default}"


def _member(name: str, member: Any) -> str:
    """A line about a public method or property that says something of itself."""
    inner = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
    if not inspect.isfunction(inner) or not inner.__doc__:
        return ""
    arguments = "" if isinstance(member, property) else "()"
    return f"- `{name}{arguments}`: {' '.join(_doc(inner).split())}"


def _doc(thing: Any) -> str:
    """The docstring, in Markdown."""
    return re.sub(r":\w+:(?=`)", "", inspect.getdoc(thing) or "").replace("``", "`")
