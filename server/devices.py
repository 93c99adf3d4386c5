"""`graphperf.devices`: what there is to choose from, for a client's list of devices."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..analysis.fusion import modes_on
from ..analysis.numerics import ALL_NUMERICS, runs_in
from ..hardware_profiles import HardwareProfile, ProfileError, ids, profile
from .language_server import GraphperfServer

DEVICES = "graphperf.devices"
logger = logging.getLogger(__name__)


def add_devices(server: GraphperfServer) -> None:
    """Answers with the shipped devices, the user's and the workspace's, each followed by its power modes."""
    server.command(DEVICES)(devices)


async def devices(ls: GraphperfServer) -> list[dict[str, object]]:
    """One record a device: id, name, kind, the precisions it computes in, the modes that it runs."""
    return await asyncio.to_thread(lambda: [_record(device) for device in usable(ls.settings.elsewhere.hardware_paths)])


def usable(folders: Sequence[Path]) -> Iterator[HardwareProfile]:
    """The devices of all files that can be read; of the others the log has what is wrong."""
    for name in ids(folders):
        try:
            device = profile(name, folders)
            yield device
            yield from (profile(f"{name}@{variant}", folders) for variant in device.variants)
        except ProfileError as error:
            logger.warning("%s", error)


def _record(device: HardwareProfile) -> dict[str, object]:
    return {
        "id": device.id,
        "name": device.name,
        "kind": device.kind,
        "precisions": [numerics.value for numerics in ALL_NUMERICS if runs_in(device, numerics)],
        "modes": list(modes_on(device)),
    }
