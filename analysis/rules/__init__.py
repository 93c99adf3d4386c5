"""Findings: one file a rule, each with its code, name, check and documentation."""

from .registry import RULES, Finding, Rule, Severity, judge, rule_for, rule_page

__all__ = ["RULES", "Finding", "Rule", "Severity", "judge", "rule_for", "rule_page"]
