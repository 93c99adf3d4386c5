"""9xx: what was captured, and what was assumed."""
