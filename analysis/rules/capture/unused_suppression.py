"""GP904: a comment that silences nothing. Found by `silencing.unused`, which sees what the other rules say."""

from __future__ import annotations

from ...silencing import UNUSED
from ..finding import Rule

RULE = Rule(
    code=UNUSED,
    name="unused-suppression",
    summary="A comment silences a rule that has nothing to say on its line.",
    rationale=(
        "A comment that outlived its finding hides the next one on that line. Findings depend on the device, precision, mode and "
        "batch, so a comment can be of use for one question and not for another."
    ),
    helps="removing the comment, or its code; `--ignore GP904` where several questions are asked of one file.",
    exceptions="the comment may be for another device than the one asked about.",
    example="""
        from torch import nn


        # graphperf: input=(1, 32)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(32, 8)  # graphperf: ignore[GP601]

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
    severity="warning",
)
