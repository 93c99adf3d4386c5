"""A layered layout after Sugiyama: each box a row below what it reads, rows ordered to cross few edges.

A value that is read further down runs through every row between in a channel of its own, one for all of its readers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_ROW_GAP, _BOX_GAP, _MARGIN = 30.0, 18.0, 8.0
_CHANNEL = 6.0
_SWEEPS = 6

Point = tuple[float, float]
_Slot = tuple[int, int]  # box and row: in its own row the box, in a lower one its channel


@dataclass(frozen=True, slots=True)
class Layout:
    """Left upper corners of the boxes, and by box the lines that leave it: vertical where `from` and `to` have one x."""

    corners: tuple[Point, ...]
    lines: Mapping[int, tuple[tuple[Point, Point], ...]]
    width: float
    height: float


def layout(sizes: Sequence[Point], edges: Sequence[tuple[int, int]]) -> Layout:
    """Places boxes of these widths and heights; every edge goes from an earlier box to a later one."""
    rows = _rows(len(sizes), edges)
    links = _links(rows, edges)
    below: dict[_Slot, list[_Slot]] = {}
    above: dict[_Slot, list[_Slot]] = {}
    for upper, lower in links:
        below.setdefault(upper, []).append(lower)
        above.setdefault(lower, []).append(upper)
    slots = sorted({(box, row) for box, row in enumerate(rows)} | {slot for link in links for slot in link})
    table = [[slot for slot in slots if slot[1] == row] for row in range(max(rows, default=-1) + 1)]
    _uncross(table, above, below)
    widths = {slot: sizes[slot[0]][0] if rows[slot[0]] == slot[1] else _CHANNEL for slot in slots}
    centres = _centres(table, widths, above, below)
    return _placed(sizes, rows, table, links, centres)


def _rows(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """One more than the last row that is read; what reads nothing stands right above its first reader."""
    rows, reading = [0] * count, {target for _, target in edges}
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        rows[target] = max(rows[target], rows[source] + 1)
    first: dict[int, int] = {}
    for source, target in edges:
        first[source] = min(first.get(source, rows[target]), rows[target])
    return [rows[box] if box in reading else max(0, first.get(box, 1) - 1) for box in range(count)]


def _links(rows: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[tuple[_Slot, _Slot]]:
    """Pairs of slots in neighbouring rows."""
    found: dict[tuple[_Slot, _Slot], None] = {}
    for source, target in edges:
        for row in range(rows[source], rows[target]):
            last = row + 1 == rows[target]
            found[(source, row), (target if last else source, row + 1)] = None
    return list(found)


def _uncross(table: list[list[_Slot]], above: Mapping[_Slot, list[_Slot]], below: Mapping[_Slot, list[_Slot]]) -> None:
    """Orders each row by the mean place of its neighbours in the row before, downwards and upwards in turn."""
    for sweep in range(_SWEEPS):
        neighbours = above if sweep % 2 == 0 else below
        for row in table if sweep % 2 == 0 else reversed(table):
            places = _places(table, row, neighbours)
            row.sort(key=lambda slot: places[slot])


def _places(table: list[list[_Slot]], row: list[_Slot], neighbours: Mapping[_Slot, list[_Slot]]) -> dict[_Slot, float]:
    found: dict[_Slot, float] = {}
    known: dict[int, dict[_Slot, int]] = {}
    for place, slot in enumerate(row):
        near = neighbours.get(slot, [])
        for other in near:
            if other[1] not in known:
                known[other[1]] = {each: at for at, each in enumerate(table[other[1]])}
        found[slot] = sum(known[other[1]][other] for other in near) / len(near) if near else float(place)
    return found


def _centres(
    table: list[list[_Slot]],
    widths: Mapping[_Slot, float],
    above: Mapping[_Slot, list[_Slot]],
    below: Mapping[_Slot, list[_Slot]],
) -> dict[_Slot, float]:
    """Each slot under (then above) the mean of its neighbours, as far as those beside it leave room."""
    centres: dict[_Slot, float] = {}
    for row in table:
        centres.update(zip(row, _apart([0.0] * len(row), [widths[slot] for slot in row]), strict=True))
    for sweep in range(_SWEEPS):
        neighbours = above if sweep % 2 == 0 else below
        for row in table if sweep % 2 == 0 else reversed(table):
            wanted = [_mean([centres[other] for other in neighbours.get(slot, [])], centres[slot]) for slot in row]
            centres.update(zip(row, _apart(wanted, [widths[slot] for slot in row]), strict=True))
    return centres


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _apart(wanted: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Centres near those wanted, in their order and without overlap: the mean of pushing rightwards and leftwards."""
    right, left = list(wanted), list(wanted)
    for place in range(1, len(wanted)):
        right[place] = max(right[place], right[place - 1] + (widths[place - 1] + widths[place]) / 2 + _BOX_GAP)
    for place in range(len(wanted) - 2, -1, -1):
        left[place] = min(left[place], left[place + 1] - (widths[place + 1] + widths[place]) / 2 - _BOX_GAP)
    return [(a + b) / 2 for a, b in zip(right, left, strict=True)]


def _placed(
    sizes: Sequence[Point],
    rows: Sequence[int],
    table: list[list[_Slot]],
    links: Sequence[tuple[_Slot, _Slot]],
    centres: Mapping[_Slot, float],
) -> Layout:
    """Corners and lines, from the left upper corner of the whole."""
    heights = [max((sizes[box][1] for box, row in slots if rows[box] == row), default=0.0) for slots in table]
    tops = [_MARGIN]
    for height in heights:
        tops.append(tops[-1] + height + _ROW_GAP)
    shift = _MARGIN - min((centres[box, row] - sizes[box][0] / 2 for box, row in enumerate(rows)), default=0.0)
    shift = max(shift, _MARGIN - min(centres.values(), default=0.0))
    corners = tuple((centres[box, row] - sizes[box][0] / 2 + shift, tops[row]) for box, row in enumerate(rows))
    lines: dict[int, list[tuple[Point, Point]]] = {}
    for upper, lower in links:
        box, row = upper
        x, channel = centres[upper] + shift, rows[box] != row
        bottom = tops[row] + (heights[row] if channel else sizes[box][1])
        own = lines.setdefault(box, [])
        if channel and ((x, tops[row]), (x, bottom)) not in own:
            own.append(((x, tops[row]), (x, bottom)))
        own.append(((x, bottom), (centres[lower] + shift, tops[lower[1]])))
    width = max((x for x in centres.values()), default=0.0) + shift
    right = max((x + size[0] for (x, _), size in zip(corners, sizes, strict=True)), default=0.0)
    found = {box: tuple(own) for box, own in lines.items()}
    return Layout(corners, found, max(width, right) + _MARGIN, max(tops[0], tops[-1] - _ROW_GAP) + _MARGIN)
