"""Findings: one file a rule, each with its code, name, check and documentation, in a folder a family."""

from .finding import SEVERITIES, Criteria, Finding, Limits, Related, Rule, Severity
from .gain import Figures, Gain
from .registry import RULES, judge, rule_for, rule_page

__all__ = [
    "RULES",
    "SEVERITIES",
    "Criteria",
    "Figures",
    "Finding",
    "Gain",
    "Limits",
    "Related",
    "Rule",
    "Severity",
    "judge",
    "rule_for",
    "rule_page",
]
