from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from graphperf.analysis.finding import Figures, Finding, Gain
from graphperf.server.client_options import ClientOptions
from graphperf.server.hover import hover_content, markdown
from graphperf.server.session import Session
from graphperf.server.settings import Settings
from graphperf.server.views import Mark, Views


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("layer1.0.conv_a · 3 % · <0.1 %", "layer1.0.conv_a · 3 % · <0.1 %"),
        ("__init__ of a*b", r"\_\_init\_\_ of a\*b"),
        ("<b> `x` [a](b) [1, 2]", r"\<b> \`x\` \[a](b) [1, 2]"),
    ],
)
def test_nothing_in_a_line_is_taken_for_markup(text, shown):
    assert markdown([text]) == shown


def test_lines_end_with_hard_breaks():
    assert markdown(["a", "b"]) == "a  \nb"


def test_a_hover_says_what_following_a_rule_would_change():
    before, after = Figures(2e-3, 1.0, 1e6), Figures(1e-3, 0.5, 1e6)
    findings = [
        Finding("GP402", "wrong", "/m.py", 4, "warning", "/m.py", hardware, gain=gain)
        for hardware, gain in (("one", Gain(before, after)), ("two", Gain(before, before)))
    ]
    marks = tuple(
        Mark(finding, 4) for finding in (*findings, Finding("GP901", "no gain", "/m.py", 4, "warning", "/m.py"))
    )
    session = Session("file:///m.py", Path("/m.py"), "import torch\n\n\nx\n", 1)
    session.renew(Views(session.text, problems=marks))
    ls: Any = SimpleNamespace(
        settings=SimpleNamespace(of=lambda _: Settings()),
        client_list=lambda _: ["plaintext"],
        client_options=ClientOptions(client_commands=True),
    )
    content = hover_content(ls, session, 4)
    assert content is not None
    assert content.value == (
        "following GP402: latency −50 %, energy −50 %, EDP −75 %\nGP402 manual-attention · GP901 capture-failed"
    )
