"""Writes docs/hardware.md, the table of all devices, and a page for each in docs/devices: `make hardware`."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from graphperf.analysis.cli.hardware import (
    COLUMNS,
    FIGURE_COLUMNS,
    GRADES,
    TEXT_COLUMNS,
    cells,
    figure_rows,
    trust,
    words,
)
from graphperf.hardware_profiles import HardwareProfile

from .shipped import DEVICES

PAGE = Path(__file__).parents[2] / "docs" / "hardware.md"
FOLDER = PAGE.with_name("devices")
_HEAD = """# Devices

Made by `make hardware` from `hardware_profiles/devices/*.toml`. Each device has a page with the source of every figure, which
`graphperf hardware ID` prints too.
Peaks are dense, in 10¹² operations a second, half precision with FP32 accumulation. The grade is the lowest among a device's
figures: A vendor text read, B compilation of vendor figures, M measured, D derived or assumed, C a vendor text that is named
but was not read, X design target. `hardware_profiles/README.md` says how to add a device, to graphperf or for oneself.
"""


def page() -> str:
    """The page as the devices are now: a table of devices, and one of their power modes."""
    modes = [device for device in DEVICES.values() if "@" in device.id]
    named = [(f"[`{device.id}`](devices/{device.id}.md)", device.name, *cells(device)[1:]) for device in _devices()]
    powered = [(f"`{device.id}`", *cells(device)[1:]) for device in modes]
    all_columns = ("id", "device", *COLUMNS[1:])
    return "\n".join([_HEAD, *_table(all_columns, named), "\n## Power modes\n", *_table(COLUMNS, powered), ""])


def device_pages() -> dict[Path, str]:
    """A page for each device, with its figures at full power."""
    return {FOLDER / f"{device.id}.md": _device_page(device) for device in _devices()}


def _devices() -> list[HardwareProfile]:
    return [device for device in DEVICES.values() if "@" not in device.id]


def _device_page(device: HardwareProfile) -> str:
    head = f"# {device.name}\n\n`{device.id}`: {device.vendor}, {device.architecture}. Made by `make hardware`.\n"
    said = "".join(f"\n{line[:1].upper()}{line[1:]}\n" for line in words(device))
    rows = (
        (f"`{path}`", value, grade, source.replace("|", "\\|")) for path, value, grade, source in figure_rows(device)
    )
    sides = [":--", "--:", ":--", ":--"]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (FIGURE_COLUMNS, sides, *rows))
    return f"{head}{said}\n{table}\n\n{trust(device)}. {GRADES[:1].upper()}{GRADES[1:]}.\n"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    sides = ["---" if name in ("device", *TEXT_COLUMNS) else "--:" for name in columns]
    for row in (columns, sides, *rows):
        yield f"| {' | '.join(row)} |"


def main() -> None:
    """Writes the pages, and takes away those of devices that are no more."""
    PAGE.write_text(page(), "utf-8")
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.glob("*.md"):
        stale.unlink()
    for file, text in device_pages().items():
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
