"""Runs inside the user's interpreter and records models. Standard library and torch only; imported as `_graphperf_agent`."""
