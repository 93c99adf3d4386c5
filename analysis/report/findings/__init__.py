"""Findings in the formats that people and services read: one file a format."""
