"""The expressions that are known for each parameter of a constructor, likeliest first."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from typing import Any

from .arguments import expressions
from .signature import Made, annotation_of, is_open, leading, parameters_of, parent_with
from .usage import Usage, usage_of

# The expressions chosen for each parameter.
Arguments = Mapping[str, str]


class Choices:
    """Those of the parameters that are `needed` and of the `optional` ones.

    Among these, `empty` are lists with nothing in them by default, and `layers` are called and None by default. An `open`
    constructor takes more than it names: any keyword or, where it takes no others, values that go by position; `placed` are
    the names of those that then go by position, None elsewhere. `usages` is how each is used, in the class's `file`.
    """

    def __init__(self, cls: Made, namespace: Mapping[str, Any], *, root: bool) -> None:
        self.cls, self.namespace, self._root = cls, namespace, root
        self.needed: dict[str, list[str]] = {}
        self.optional: dict[str, list[str]] = {}
        self.empty: list[str] = []
        self.layers: list[str] = []
        self.placed = leading(cls)
        self.open = is_open(cls) or self.placed is not None
        self.usages = usages = usage_of(cls)
        self.file = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
        for name, parameter in parameters_of(cls).items():
            usage = usages.get(name, Usage())
            usage.iterated |= isinstance(parameter.default, (tuple, list))
            texts = self._texts(cls, parameter, usage)
            nothing = parameter.default is None or (isinstance(parameter.default, dict) and not parameter.default)
            needed = parameter.default is parameter.empty or (nothing and usage.keys)
            (self.needed if needed else self.optional)[name] = texts
            if isinstance(parameter.default, (tuple, list)) and not parameter.default:
                self.empty.append(name)
            if parameter.default is None and not usage.keys and (usage.called or usage.layer):
                self.layers.append(name)

    def _texts(self, cls: Made, parameter: inspect.Parameter, usage: Usage) -> list[str]:
        annotation = annotation_of(cls, parameter)
        others = {name: given for name, given in self.namespace.items() if given is not cls}
        stated = getattr(cls, "config_class", None) if parameter.name == "config" else None
        own = [f"{cls.__name__}.config_class()"] if isinstance(stated, type) else []
        return [*own, *expressions(parameter.name, annotation, usage, others, root=self._root)]

    def hand_up(self, name: str) -> None:
        """Takes in a parameter that a constructor further up lacks."""
        parent = parent_with(self.cls, name)
        parameter = parameters_of(parent).get(name) or inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
        self.needed[name] = self._texts(parent, parameter, usage_of(parent).get(name, Usage()))
        if self.placed is not None:
            self.placed.append(name)

    def known(self, name: str) -> list[str]:
        """The expressions for one parameter."""
        return self.needed.get(name) or self.optional.get(name, [])

    def likeliest(self) -> Arguments:
        """The first for all that is needed."""
        return {name: texts[0] for name, texts in self.needed.items()}

    def of_one_size(self) -> Arguments:
        """The same, with one size for everything that is a size."""
        return {
            name: "64" if texts[0].isdigit() and int(texts[0]) >= 3 and "64" in texts else texts[0]
            for name, texts in self.needed.items()
        }

    def of_layers(self) -> Arguments:
        """Layers for what is None by default."""
        return {name: self.optional[name][0] for name in self.layers}
