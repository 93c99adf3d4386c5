"""The shipped devices, read from the folder itself: a file of the user's own must not take a shipped one's place here."""

from pathlib import Path

import graphperf.hardware_profiles as package
from graphperf.hardware_profiles.loader import load_variants

FILES = sorted((Path(package.__file__).parent / "devices").glob("*.toml"))
DEVICES = {device.id: device for path in FILES for device in load_variants(path)}


def of_kind(kind: str) -> list[str]:
    """The ids of a kind, power modes among them."""
    return [name for name, device in DEVICES.items() if device.kind == kind]
