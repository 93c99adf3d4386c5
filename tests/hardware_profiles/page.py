"""Writes docs/hardware.md, the table of all devices: `make hardware`."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from graphperf.analysis.cli.hardware import COLUMNS, TEXT_COLUMNS, cells

from .shipped import DEVICES

PAGE = Path(__file__).parents[2] / "docs" / "hardware.md"
_HEAD = """# Devices

Made by `make hardware` from `hardware_profiles/devices/*.toml`; `graphperf hardware ID` has every figure with its source.
Peaks are dense, in 10¹² operations a second, half precision with FP32 accumulation. The grade is the lowest among a device's
figures: A vendor text read, B compilation of vendor figures, M measured, D derived or assumed, C a vendor text that is named
but was not read, X design target. `hardware_profiles/README.md` says how to add a device, to graphperf or for oneself.
"""


def page() -> str:
    """The page as the devices are now: a table of devices, and one of their power modes."""
    modes = [device for device in DEVICES.values() if "@" in device.id]
    devices = [device for device in DEVICES.values() if device not in modes]
    named = [(f"`{device.id}`", device.name, *cells(device)[1:]) for device in devices]
    powered = [(f"`{device.id}`", *cells(device)[1:]) for device in modes]
    all_columns = ("id", "device", *COLUMNS[1:])
    return "\n".join([_HEAD, *_table(all_columns, named), "\n## Power modes\n", *_table(COLUMNS, powered), ""])


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    sides = ["---" if name in ("device", *TEXT_COLUMNS) else "--:" for name in columns]
    for row in (columns, sides, *rows):
        yield f"| {' | '.join(row)} |"


def main() -> None:
    """Writes the page."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
