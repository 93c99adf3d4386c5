"""Predictions beside published and own measurements: how far off they are, and where."""
