"""6xx: what a device can run and hold."""
