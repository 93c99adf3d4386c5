"""The plans of one graph, each made once: a sweep asks the same of many devices and precisions."""

from __future__ import annotations

from ...hardware_profiles import HardwareProfile
from ..attention import with_attention
from ..autocast import with_casts
from ..estimate import Plan, Question
from ..fusion import Policy, with_folded_norms
from ..graph import Attribute, Graph
from ..numerics import Autocast, Numerics

_ATTENTION = "scaled_dot_product_attention"
_Choices = tuple[Attribute, ...]
_Form = tuple[bool, str | None]
_Variant = tuple[_Form, _Choices]


class Plans:
    """Plans by compiler, and by what is decided at run time: folded norms, autocast's type, attention's kernels."""

    def __init__(self, graph: Graph) -> None:
        self._forms: dict[_Form, Graph] = {(False, None): graph}
        self._attends = any(operator.kind == _ATTENTION for operator in graph.operators)
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
        form = question.folds_norms, question.precision.dtype if isinstance(question.precision, Autocast) else None
        graph = self._form(*form)
        if not self._attends:
            return (form, ()), graph
        key = form, question.device, question.precision
        if key not in self._variants:
            decided = with_attention(graph, question.device, question.precision)
            self._variants[key] = (form, _choices(decided)), decided
        return self._variants[key]

    def _form(self, folds_norms: bool, dtype: str | None) -> Graph:
        """The graph with folded norms, under autocast."""
        form = folds_norms, dtype
        if form not in self._forms:
            before = self._form(folds_norms, None) if dtype else self._forms[False, None]
            self._forms[form] = with_casts(before, dtype) if dtype else with_folded_norms(before)
        return self._forms[form]


def _choices(graph: Graph) -> _Choices:
    """What the choice of each attention's kernel changes in its cost: the scores in memory."""
    return tuple(operator.attribute("score_width", 0) for operator in graph.operators if operator.kind == _ATTENTION)
