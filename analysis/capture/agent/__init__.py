"""Runs inside the user's interpreter and records models; imported as `_graphperf_agent`.

Standard library and torch only.
"""
