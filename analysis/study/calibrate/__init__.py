"""Fits the model's constants, and figures of profiles, to tables of measurements. For developers: it needs SciPy."""
