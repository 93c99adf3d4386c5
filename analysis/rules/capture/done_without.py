"""GP902: a line asked for a GPU or for weights to download, and the capture went on without."""

from __future__ import annotations

from collections.abc import Iterable

from ...pipeline import Analysis, shown_file
from ..finding import Criteria, Finding, Rule


def check(analysis: Analysis, criteria: Criteria) -> Iterable[Finding]:
    """One finding for each line, whatever the hardware."""
    for result in analysis.results:
        for left_out in result.graph.without:
            file = shown_file(left_out.line.file, result.target)
            assert file is not None
            yield Finding(RULE.code, left_out.message, file, left_out.line.line, RULE.severity, result.target)


RULE = Rule(
    code="GP902",
    name="done-without",
    summary="A line asks for something that a capture does not have; the figures are those of the model without it.",
    rationale=(
        "A capture has no GPU and no network, and loads no weights: the figures need none. Moving a tensor or a module to a GPU "
        "does nothing, and `load_state_dict_from_url` gives no weights. `torch.load` and questions about a GPU's properties "
        "fail (GP901), as what they would return is not known. A hint: the figures are what they would be."
    ),
    helps=(
        "choose the device with `torch.cuda.is_available()` or leave it to the caller, and construct the model with "
        "`weights=None`."
    ),
    exceptions="nothing is wrong with a model that only ever runs on a GPU; the finding says what the figures leave out.",
    example="""
        from torch import nn


        # graphperf: input=(1, 32)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(32, 8).cuda()

            def forward(self, x):
                return self.fc(x)
    """,
    better="""
        from torch import nn


        # graphperf: input=(1, 32)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(32, 8)

            def forward(self, x):
                return self.fc(x)
    """,
    severity="hint",
    on_analysis=check,
)
