"""docs/architecture.md and its drawing agree with the imports."""

import re

from .blocks import ROOT
from .house import FLOORS, room, rooms
from .imports import TOPS, imports, modules

PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
# What a finding says is worded as in the report, which says what rules found; an estimate has the shares that are made of it.
OTHERS = {
    ("rules", "report.pin"), ("rules", "report.hints"), ("fixes", "report.pin"), ("lint", "report.findings.fingerprint"),
    ("estimate", "edp"),
}  # fmt: skip


def test_every_room_has_its_floor() -> None:
    placed = [name for floor in FLOORS for wing in floor.values() for name in wing]
    assert len(placed) == len(set(placed))
    assert set(placed) == rooms()


def test_rooms_import_from_their_left_and_from_the_floors_below() -> None:
    places = {
        name: (level, title, at)
        for level, floor in enumerate(FLOORS)
        for title, wing in floor.items()
        for at, name in enumerate(wing)
    }
    others, seen = set[tuple[str, str]](), 0
    for one, other in imports():
        if "analysis" not in (room(one), room(other)):
            seen += 1
            (level, wing, at), (below, its, left) = places[room(one)], places[room(other)]
            if below <= level and (wing != its or left > at):
                others.add((room(one), ".".join(other[1:])))
    assert seen > 1000
    assert others == OTHERS


def test_every_room_is_in_the_table() -> None:
    listed = set(re.findall(r"`([\w./-]+)`", _table()))
    for place, file in modules().items():
        if place[0] == "analysis" and len(place) == 2 and file.stem != "constants":
            assert f"analysis/{place[1]}{'.py' if file.stem != '__init__' else '/'}" in listed
    assert {f"{top}/" for top in TOPS if top != "analysis"} <= listed


def test_what_the_table_lists_exists() -> None:
    paths = {path for row in _table().splitlines() for path in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert len(paths) > 30
    assert {path for path in paths if not (ROOT / path).exists()} == set()


def _table() -> str:
    return PAGE.partition("| folder |")[2].partition("\n\n")[0].partition("|---|---|---|\n")[2]
