"""Findings: one file a rule, each with its code, name, check and documentation, in a folder a family."""

from .finding import Criteria, Limits, Rule
from .registry import RULES, judge, rule_for

__all__ = ["RULES", "Criteria", "Limits", "Rule", "judge", "rule_for"]
