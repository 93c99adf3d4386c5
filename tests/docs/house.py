"""Writes docs/architecture.svg: the rooms in floors and wings, as `test_architecture.py` compares them with the imports.

A room imports from rooms to its left in its own wing and from the floors below, never from another wing of its floor.
`make reference`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .blocks import ROOT
from .imports import Place, modules

PAGE = ROOT / "docs" / "architecture.svg"
# From the roof down; a floor has one wing or two. `report/units.py` writes figures, and everybody may.
FLOORS = (
    {"faces": ("cli", "server", "api")},
    {"report": ("report",)},
    {"studies": ("measurement", "study")},
    {"findings": ("finding", "bounds", "silencing", "rewriting", "rules", "fixes", "lint")},
    {"one way through": ("settings", "pipeline")},
    {
        "from source to graph": ("discovery", "capture"),
        "from graph to figures": (
            "autocast", "attention", "batch", "costs", "fusion", "concurrency", "mapping", "estimate", "edp",
        ),
    },
    {"shared values": ("graph", "numerics", "modes", "what_if", "constants", "syntax", "store", "whole_file", "units")},
    {"devices": ("hardware_profiles",)},
)  # fmt: skip
_WIDTH, _GAP, _LETTER = 1060, 12, 7.9
_STYLE = """
  text { font: 13px ui-monospace, monospace; fill: #1d2433 } .title { font: 12px sans-serif; fill: #5a6478 }
  .paper { fill: #fff } .wing { fill: #eef2f8 } .room { fill: #fff; stroke: #93a1b8 }
"""


def room(place: Place) -> str:
    """The room that a module is in."""
    if place[:3] == ("analysis", "report", "units"):
        return "units"
    # `python -m` on a room is a command.
    if place[-1] == "__main__" and place[0] == "analysis":
        return "cli"
    return next(iter(place[1:] if place[0] == "analysis" else place), "analysis")


def rooms() -> set[str]:
    """All that there are; `analysis` itself has only a docstring."""
    return {room(place) for place in modules()} - {"analysis"}


def page() -> str:
    """The drawing."""
    parts = [part for number, floor in enumerate(FLOORS) for part in _floor(floor, _GAP + 78 * number)]
    height = _GAP + 78 * len(FLOORS)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="Rooms by floor">',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _floor(floor: Mapping[str, tuple[str, ...]], top: int) -> Iterator[str]:
    left = float(_GAP)
    for number, (title, wing) in enumerate(floor.items(), 1):
        width = sum(map(_width, wing)) + _GAP * (len(wing) + 1)
        if number == len(floor):
            width = _WIDTH - _GAP - left
        yield f'<rect class="wing" x="{left:.0f}" y="{top}" width="{width:.0f}" height="66" rx="6"/>'
        yield f'<text class="title" x="{left + _GAP:.0f}" y="{top + 18}">{title}</text>'
        at = left + _GAP
        for name in wing:
            yield f'<rect class="room" x="{at:.0f}" y="{top + 27}" width="{_width(name):.0f}" height="28" rx="4"/>'
            yield f'<text x="{at + 9:.0f}" y="{top + 45}">{name}</text>'
            at += _width(name) + _GAP
        left += width + _GAP


def _width(name: str) -> float:
    return _LETTER * len(name) + 18
