import pytest

from graphperf.server.hover import markdown


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
