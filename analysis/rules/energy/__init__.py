"""5xx: energy and energy-delay product."""
