"""The plans of one graph, each made once: a sweep asks the same of many devices and precisions."""

from __future__ import annotations

from ...hardware_profiles import HardwareProfile
from ..attention import with_attention
from ..autocast import with_casts
from ..estimate import Plan, Question
from ..estimate.memory import MemorySchedule
from ..fusion import Mode
from ..graph import Attribute, Graph
from ..numerics import Autocast, Numerics

_ATTENTION = "scaled_dot_product_attention"
_Choices = tuple[Attribute, ...]
_Variant = tuple[str | None, _Choices]


class Plans:
    """Plans by mode, and by what PyTorch decides at run time: autocast's type, attention's kernels."""

    def __init__(self, graph: Graph) -> None:
        self._cast: dict[str | None, Graph] = {None: graph}
        self._attends = any(operator.kind == _ATTENTION for operator in graph.operators)
        self._variants: dict[tuple[HardwareProfile, Numerics], tuple[_Variant, Graph]] = {}
        self._plans: dict[tuple[_Variant, Mode], Plan] = {}
        self._first: dict[_Variant, Plan] = {}

    def of(self, question: Question) -> Plan:
        """The plan that answers a question."""
        variant, graph = self._variant(question)
        key = variant, question.mode
        if key not in self._plans:
            first = self._first.get(variant)
            self._plans[key] = first.in_mode(question.mode) if first else Plan.of(graph, question.mode)
            self._first.setdefault(variant, self._plans[key])
        return self._plans[key]

    def memory(self, question: Question) -> MemorySchedule:
        """What is alive when: the same in every mode."""
        self.of(question)
        return self._first[self._variant(question)[0]].memory

    def _variant(self, question: Question) -> tuple[_Variant, Graph]:
        dtype = question.precision.dtype if isinstance(question.precision, Autocast) else None
        if dtype not in self._cast:
            assert dtype is not None
            self._cast[dtype] = with_casts(self._cast[None], dtype)
        graph = self._cast[dtype]
        if not self._attends:
            return (dtype, ()), graph
        key = question.device, question.precision
        if key not in self._variants:
            decided = with_attention(graph, question.device, question.precision)
            self._variants[key] = (dtype, _choices(decided)), decided
        return self._variants[key]


def _choices(graph: Graph) -> _Choices:
    """What the choice of each attention's kernel changes in its cost: the scores in memory."""
    return tuple(operator.attribute("score_width", 0) for operator in graph.operators if operator.kind == _ATTENTION)
