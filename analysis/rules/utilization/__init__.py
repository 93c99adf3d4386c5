"""2xx: how well a device's units are used."""
