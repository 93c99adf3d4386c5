"""What makes a linter of the findings: files, selection, budgets and baselines, a cache of what was found, side by side runs.

Only `worker.py` imports the engine: when nothing has changed, no other module needs it.
"""
