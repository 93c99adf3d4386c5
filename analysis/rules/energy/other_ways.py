"""Other ways to run a model, and which of them saves most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ....hardware_profiles import Precision
from ...estimate import Question
from ...finding import Gain
from ..subject import Subject


def best_otherwise(subject: Subject) -> tuple[str, Gain] | None:
    """The change of mode or precision that saves most of the EDP and is worth it, in words, with what it saves."""
    gains = [(words, subject.gain(question=question)) for words, question in _questions(subject.question)]
    worthwhile = [(words, gain) for words, gain in gains if subject.worthwhile(gain, subject.figures.latency_s)]
    return max(worthwhile, key=lambda found: found[1].edp, default=None)


def _questions(question: Question) -> Iterator[tuple[str, Question]]:
    if question.mode == "eager" and question.device.kind in ("gpu", "cpu"):
        yield "With torch.compile", replace(question, mode="compiled")
    if question.precision in (Precision.FP32, Precision.TF32):
        for narrow in (Precision.FP16, Precision.BF16):
            if narrow in question.device.compute.matrix:
                yield f"In {narrow.value}", replace(question, precision=narrow)
                return
