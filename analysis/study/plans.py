"""The plans of one graph, each made once: a sweep asks the same of many devices and precisions."""

from __future__ import annotations

from ...hardware_profiles import HardwareProfile
from ..attention import with_attention
from ..estimate import Plan, Question, as_compiled
from ..fusion import Policy
from ..graph import Attribute, Graph
from ..numerics import Autocast, Numerics

_ATTENTION = "scaled_dot_product_attention"
_Choices = tuple[Attribute, ...]
_Form = tuple[bool, str | None, str | None]
_Variant = tuple[_Form, _Choices]


class Plans:
    """Plans by compiler, and by what is decided at run time: the form of the graph, and attention's kernels."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._forms: dict[_Form, Graph] = {}
        self._attending: set[_Form] = set()
        self._scores = any(operator.kind == "softmax" for operator in graph.operators)
        self._variants: dict[tuple[_Form, HardwareProfile, Numerics], tuple[_Variant, Graph]] = {}
        self._plans: dict[tuple[_Variant, Policy], Plan] = {}
        self._first: dict[_Variant, Plan] = {}

    def of(self, question: Question) -> Plan:
        """The plan that answers a question."""
        variant, graph = self._variant(question)
        key = variant, question.policy
        if key not in self._plans:
            first = self._first.get(variant)
            self._plans[key] = first.under(question.policy) if first else Plan.of(graph, question.policy)
            self._first.setdefault(variant, self._plans[key])
        return self._plans[key]

    def _variant(self, question: Question) -> tuple[_Variant, Graph]:
        form = self._form(question)
        if form not in self._attending:
            return (form, ()), self._forms[form]
        key = form, question.device, question.precision
        if key not in self._variants:
            decided = with_attention(self._forms[form], question.device, question.precision)
            self._variants[key] = (form, _choices(decided)), decided
        return self._variants[key]

    def _form(self, question: Question) -> _Form:
        """Whether norms are folded, by which compiler attention is fused, autocast's type. Makes that graph."""
        fuser = question.policy.name if self._scores and question.fuses_attention else None
        dtype = question.precision.dtype if isinstance(question.precision, Autocast) else None
        form = question.folds_norms, fuser, dtype
        if form not in self._forms:
            graph = self._forms[form] = as_compiled(self._graph, question)
            if any(operator.kind == _ATTENTION for operator in graph.operators):
                self._attending.add(form)
        return form


def _choices(graph: Graph) -> _Choices:
    """What the choice of each attention's kernel changes in its cost: the scores in memory."""
    return tuple(operator.attribute("score_width", 0) for operator in graph.operators if operator.kind == _ATTENTION)
