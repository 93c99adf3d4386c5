"""GP408: batch norms run as operators of their own in a model for inference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...fusion.folding import layer_before
from ...report import units
from ...what_if import WhatIf
from ..finding import Finding, Limits, Rule
from ..subject import Subject


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a model."""
    question = subject.question
    if question.folds_norms:
        return
    norms = [o for o in subject.graph.operators if layer_before(o, subject.graph) is not None]
    if not subject.may_pay(norm.id for norm in norms):
        return
    gain = subject.gain(question=replace(question, what_if=question.what_if | {WhatIf.FOLD_BN}))
    if subject.worthwhile(gain, subject.seconds_of(norm.id for norm in norms)):
        message = (
            f"{units.count(len(norms), 'batch norm')} could be folded into the weights before "
            f"{'it' if len(norms) == 1 else 'them'} for inference: {gain.text}. torch.nn.utils.fuse_conv_bn_eval folds a pair; "
            "compilers for inference fold all."
        )
        yield subject.finding(message, subject.class_place, severity="information", gain=gain)


RULE = Rule(
    code="GP408",
    name="fold-batchnorm",
    summary="Batch norms run as operators of their own, where inference could have them in the weights before them.",
    rationale=(
        "In inference a batch norm is a scale and a shift of each channel. Multiplied into the weights and bias of the "
        "convolution or linear layer before it, it costs nothing; apart, it reads and writes the layer's result once more."
    ),
    helps=(
        "`torch.nn.utils.fuse_conv_bn_eval` on each pair, `torch.fx.experimental.optimization.fuse(model.eval())`, or a "
        "compiler that folds: `torch.compile` with `freezing`, TensorRT, OpenVINO, ONNX Runtime."
    ),
    exceptions="training needs the norms apart; the figures are those of inference.",
    example="""
        from torch import nn


        # graphperf: input=(32, 64, 56, 56)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(64, 64, 3, padding=1, bias=False)
                self.norm = nn.BatchNorm2d(64)

            def forward(self, x):
                return self.norm(self.conv(x)).relu()
    """,
    better="""
        from torch import nn


        # graphperf: input=(32, 64, 56, 56)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(64, 64, 3, padding=1)

            def forward(self, x):
                return self.conv(x).relu()
    """,
    severity="information",
    on_device=check,
    limits=Limits(least_gain=0.05),
)
