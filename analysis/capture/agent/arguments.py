"""What the name, the annotation and the use of a constructor parameter suggest, as expressions, likeliest first."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .file_classes import annotated_layer, configurations, named_like, with_attributes
from .typical import typical_values
from .usage import Usage

_LIST_OF = re.compile(r"(list|tuple|sequence|iterable|collection)\[", re.IGNORECASE)
_PLACES = ("<class>", "<instance>", "<config>")
_LAST = ("64", "None", "[64, 64]", "Passthrough()", "Passthrough", "0.5", "True", "'relu'")


def expressions(name: str, annotation: object, usage: Usage, namespace: Mapping[str, Any], *, root: bool) -> list[str]:
    """Expressions to try for one parameter."""
    found = list(dict.fromkeys(_expressions(name.lower().strip("_"), annotation, usage, namespace, root)))
    return [text for text in found if text not in _PLACES]


def _expressions(
    name: str, annotation: object, usage: Usage, namespace: Mapping[str, Any], root: bool
) -> Iterator[str]:
    yield from (repr(option) for option in usage.options[:1])
    yield from annotated_layer(annotation, namespace)
    typical = list(typical_values(name, root=root))
    if usage.number and not (usage.called or usage.layer):
        typical = [text for text in typical if text not in _PLACES]
    if usage.convolves and "nn.BatchNorm2d" in typical:
        typical.insert(0, "nn.BatchNorm2d")
    layer = usage.layer and not usage.called
    if "<instance>" in typical or layer:
        yield from with_attributes(usage.attributes, namespace)
        yield from named_like(name, namespace, instance=True)
        yield from ("Passthrough()",) if layer else ()
    if "<class>" in typical:
        yield from with_attributes(usage.attributes, namespace, instance=False)
        yield from named_like(name, namespace, instance=False)
    known = bool({"<instance>", "<class>"} & set(typical)) or next(iter(typical), "").startswith("Space(")
    read = (usage.attributes or usage.keys) and not known and not layer and not _is_sequence(annotation)
    if usage.keys and known:  # layers, or what describes them, by key
        keys = {key: next(typical_values(key, root=root)) for key in dict.fromkeys(usage.keys)}
        items = (f"{key!r}: {'Passthrough()' if text in _PLACES else text}" for key, text in keys.items())
        yield f"{{{', '.join(items)}}}"
    if usage.keys and not usage.attributes and read:
        yield "Assumed()"
    if "<config>" in typical or read:
        yield from configurations(annotation, namespace)
        yield "Assumed()"
    plain = [text for text in typical if text not in _PLACES]
    if usage.number and not (usage.called or usage.iterated or usage.attributes or usage.keys):
        yield next((text for text in plain if re.fullmatch(r"[\d.e-]+", text)), "64")
    yield from _fitting(name, annotation, usage, plain, namespace)
    yield from (repr(option) for option in usage.options[1:])
    yield from plain
    yield from _LAST


def _is_sequence(annotation: object) -> bool:
    """Whether an annotation says a list or a tuple, whose methods are no settings."""
    return re.match(r"(typing\.)?(list|tuple)\b", _written(annotation).lower()) is not None


def _written(annotation: object) -> str:
    """An annotation as code has it; empty where there is none."""
    if annotation is inspect.Parameter.empty:
        return ""
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _fitting(
    name: str, annotation: object, usage: Usage, typical: list[str], namespace: Mapping[str, Any]
) -> Iterator[str]:
    """Those of the typical expressions that have the type which the annotation or the use asks for, then others of it."""
    text = _written(annotation)
    low = text.lower()
    if (usage.called and not usage.options) or re.search(r"callable|type\[|\btype\b", low):
        made = [t for t in typical if t.startswith("nn.")]
        yield from made or named_like(name, namespace, instance=False)
        yield from ("Passthrough", "Passthrough()", "nn.LayerNorm")
    elif re.match(r"(union\[|typing\.union\[)?int\b", low) and not usage.iterated:
        yield from (t for t in typical if t.isdigit())
        yield "64"
    elif _LIST_OF.search(low) or usage.iterated:
        if not usage.nested and not usage.pairs:
            yield from (t for t in typical if t[:1] in "[(")
        yield from _lists(low, usage, numbers=_means_number(typical))
    elif re.search(r"\bstr\b|literal", low):
        yield from re.findall(r"'[^']*'", text) if "literal" in low else ()
        yield from (t for t in typical if t[:1] == "'")
        yield "'default'"
    elif re.search(r"\bbool\b", low):
        yield from ("False", "True")
    elif re.search(r"\bint\b", low):
        yield from (t for t in typical if t.isdigit())
    elif re.search(r"\bfloat\b", low):
        yield from (t for t in typical if re.fullmatch(r"[\d.e-]+", t))
        yield "0.5"
    elif re.search(r"module|nn\.", low):
        yield from (t for t in typical if t.startswith("nn.") and t.endswith(")"))
        yield from named_like(name, namespace, instance=True)
        yield "Passthrough()"
    elif re.search(r"dict|mapping", low):
        yield "{}"


def _means_number(typical: list[str]) -> bool:
    """Whether a name means a number; 64 is what no pattern has."""
    return bool(typical) and typical[0].isdigit() and typical[0] != "64"


def _lists(annotation: str, usage: Usage, *, numbers: bool) -> Iterator[str]:
    """Lists of what the annotation says, else of layers where each item is taken apart and the name means no `numbers`."""
    module = "module" in annotation or (usage.pairs and not numbers)
    inner = "Passthrough()" if module else "'x'" if "str" in annotation else "0.0" if "float" in annotation else "64"
    if usage.nested:
        inner = f"[{inner}, {inner}]"
    if usage.pairs:
        inner = f"({', '.join([inner] * usage.pairs)})"
    sizes = [usage.unpacked] if usage.unpacked else [4, 2, 3, 1]
    yield from ("[" + ", ".join([inner] * size) + "]" for size in sizes)
