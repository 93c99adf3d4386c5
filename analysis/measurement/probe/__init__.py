"""Runs in the user's interpreter, unconfined: models and operators, with real data and against a clock. Standard library and
torch only."""
