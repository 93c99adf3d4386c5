"""What the error of `forward` says of the arguments that the model was constructed with, and other arguments after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .choices import Arguments, Choices
from .corrections import lines_of
from .elsewhere import lacked, with_attribute, with_networks
from .errors import Diagnosis, read_message

_STEPS = re.compile(r"stride|kernel|padding|dilation|groups|heads|ratio|reduction|factor")
_CHANNELS = re.compile(r"channel|dim|width|planes|features|embed|hidden")


@dataclass(frozen=True)
class Feedback:
    """`sizes` are pairs (found, wanted) that did not fit each other. None was called, or stood in a line that reads the
    attributes `none_read`; a configuration or a number was called; a number was to be taken apart into so many `parts` in a line
    that reads the attributes `taken_apart`. There is `nothing_left` of channels that were shared among groups. What stands for a
    module `lacked` an attribute; a tensor has `no_axis` of that number; a list `no_layer` at a place.
    """

    sizes: tuple[tuple[int, int], ...] = ()
    called_none: bool = False
    none_read: tuple[str, ...] = ()
    called_configuration: bool = False
    called_number: bool = False
    taken_apart: tuple[str, ...] = ()
    parts: int = 0
    nothing_left: bool = False
    lacked: str = ""
    no_axis: str = ""
    no_layer: bool = False


def feedback_of(error: BaseException) -> Feedback:
    """Reads an error of `forward`."""
    message = str(error)
    found = Diagnosis("", message)
    read_message(message, found)
    line = next(iter(lines_of(error.__traceback__)), "")
    read = tuple(re.findall(r"\bself\.(\w+)", line))
    axis = re.search(r"Dimension out of range .*but got (\d+)", message)
    taken = re.match(r"\s*(?:for )?\(?([\w., ]+)", line)  # `a, b = self.pair`, `for (a, b), c in`
    no_list = "cannot unpack non-iterable int" in message
    return Feedback(
        sizes=tuple(found.sizes),
        called_none="'NoneType' object is not callable" in message,
        none_read=read if "NoneType" in message else (),
        called_configuration=re.search(r"'(Assumed|Branch)' object is not callable", message) is not None,
        called_number="'int' object is not callable" in message,
        taken_apart=read if no_list else (),
        nothing_left=re.search(r"tensor of size \[(\d+, )*0\b|by zero|has no channels", message) is not None,
        parts=taken[1].partition(" in ")[0].count(",") + 1 if no_list and taken is not None else 0,
        lacked=lacked(message),
        no_axis=axis[1] if axis is not None else "",
        no_layer=isinstance(error, (IndexError, StopIteration)) and re.search("list index|^$", message) is not None,
    )


def changed(arguments: Arguments, choices: Choices, said: Feedback) -> Iterator[Arguments]:
    """Other arguments than those of a model that was made and did not run."""
    for found, wanted in said.sizes:
        for name, text in arguments.items():
            if text == str(found) and found != wanted:
                yield {**arguments, name: str(wanted)}
    if said.nothing_left:
        few = [name for name, text in arguments.items() if text.isdigit() and int(text) < 64]
        yield {**arguments, **dict.fromkeys(filter(_CHANNELS.search, few), "64")}
        yield {**arguments, **{name: "64" for name in few if not _STEPS.search(name)}}
    if said.called_none:
        yield {**choices.of_layers(), **arguments}
    left = {n: texts for n, texts in choices.optional.items() if n in said.none_read and n not in arguments}
    if left:
        yield {**arguments, **{name: next(filter(_is_number, texts), texts[0]) for name, texts in left.items()}}
        yield {**arguments, **{name: texts[0] for name, texts in left.items()}}
    if said.called_number:
        numbers = [name for name, text in arguments.items() if text.isdigit()]
        yield from ({**arguments, **dict.fromkeys(names, "Passthrough()")} for names in (numbers, *zip(numbers)))
    if said.called_number or said.parts:  # layers, in pairs perhaps
        layer = "Passthrough()" if said.called_number else f"({', '.join(['Passthrough()'] * said.parts)})"
        lists = {name: text for name, text in arguments.items() if text.startswith("[") and "'" not in text}
        yield from ({**arguments, name: re.sub(r"\b\d+\b", layer, text)} for name, text in lists.items())
    for found, wanted in said.sizes:  # what was made has another size than what takes it
        alike = (name for name, text in arguments.items() if text == str(wanted) and _CHANNELS.search(name))
        yield from ({**arguments, name: str(found)} for name in alike)
    yield from with_attribute(arguments, choices, said.lacked)
    if said.no_layer:
        yield with_networks(arguments)
    yield from ({**arguments, name: "1"} for name, text in arguments.items() if text == said.no_axis)
    others: dict[str, str] = {}
    for name, text in arguments.items():
        if said.called_configuration and text.startswith("Assumed("):
            others[name] = "Passthrough()"
        elif name in said.taken_apart and text.isdigit():
            others[name] = f"({', '.join([text] * said.parts)})"
    if others:
        yield {**arguments, **others}


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[\d.e-]+", text) is not None
