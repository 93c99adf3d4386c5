"""7xx: what a project asks of the figures of its models."""
