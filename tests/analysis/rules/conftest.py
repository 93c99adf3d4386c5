"""What the tests of rules share."""

from collections.abc import Callable

import pytest

from graphperf.analysis.finding import Finding
from graphperf.analysis.rules import judge, rule_for


@pytest.fixture
def said(write: Callable) -> Callable[..., list[Finding]]:
    """What one rule says of a text on the given device."""

    def said(code: str, source: str, **options: object) -> list[Finding]:
        rule = rule_for(code)
        assert rule is not None
        net = write(source, **options)
        assert not net.analysis.problems, net.analysis.problems
        return list(judge(net.analysis, [rule]))

    return said
