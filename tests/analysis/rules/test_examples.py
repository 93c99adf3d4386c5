"""Each rule speaks of its example, is silent where its advice was followed, and has a page that says so."""

import pytest

from graphperf.analysis.capture import PoolCapturer
from graphperf.analysis.finding import rule_page
from graphperf.analysis.rules import RULES, Rule

from .pages import FOLDER, INDEX, found, index, page

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


@each_rule
def test_it_speaks_of_its_example(rule: Rule, capturer: PoolCapturer) -> None:
    findings = found(rule, rule.example, capturer)
    assert findings
    for finding in findings:
        assert finding.code == rule.code
        assert finding.gain is None or finding.gain.edp > 0


@each_rule
def test_it_is_silent_where_its_advice_was_followed(rule: Rule, capturer: PoolCapturer) -> None:
    assert [finding.message for finding in found(rule, rule.better, capturer)] == []


@each_rule
def test_it_has_its_page(rule: Rule, capturer: PoolCapturer) -> None:
    assert (FOLDER / f"{rule.code}.md").read_text("utf-8") == page(rule, capturer), "run `make rules`"
    assert rule_page(rule.code).endswith(f"/docs/rules/{rule.code}.md")


def test_there_is_a_page_for_each_rule_and_no_other() -> None:
    assert {path.name for path in FOLDER.glob("GP*.md")} == {f"{rule.code}.md" for rule in RULES}


def test_the_index_is_current() -> None:
    assert INDEX.read_text("utf-8") == index(), "run `make rules`"
