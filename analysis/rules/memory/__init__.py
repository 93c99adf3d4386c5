"""1xx: what a model keeps in memory and moves through it."""
