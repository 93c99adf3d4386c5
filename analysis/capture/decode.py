"""The agent's answer, plain JSON values, as an immutable `Graph`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from ..graph import Attribute, Graph, InputSpec, Module, Operator, SourceLine, Tensor, Without
from .kinds import kind_of, names_of
from .request import Captured, CaptureError


def decode_answer(answer: bytes) -> Captured:
    """What an agent answered to a capture. Raises whatever comes of what no agent writes."""
    message = json.loads(answer)
    error, files = message.get("error"), tuple((path, time, size) for path, time, size in message.get("files", ()))
    if error is None:
        graph = message["graph"]
        return Captured(decode_graph(graph), None, str(graph["origin"]), str(graph["expression"]), answer, files)
    file, line = error.get("file"), error.get("line")
    place = (str(file), int(line)) if file is not None and line is not None else (None, None)
    return Captured(error=CaptureError(str(error["stage"]), str(error["message"]), *place), answer=answer, files=files)


def decode_graph(data: dict[str, Any]) -> Graph:
    """The graph that an agent recorded."""
    table: dict[str, list[list[Any]]] = data
    lines = [SourceLine(data["files"][row[0]], *row[1:]) for row in table["lines"]]
    layouts: list[list[Any]] = [[tuple(shape), dtype, tuple(strides)] for shape, dtype, strides in table["layouts"]]
    tensors = tuple([Tensor(index, *layouts[row[0]], *row[1:]) for index, row in enumerate(table["tensors"])])
    kept, before = _without_inner_views([_Row(*table["calls"][row[0]], *row[1:]) for row in table["operators"]])
    return Graph(
        model=data["model"],
        operators=_operators(kept, tensors, lines),
        tensors=tensors,
        storage_bytes={storage: size for storage, (size, _) in enumerate(data["storages"])},
        held={storage: before[-1 if end is None else end] for storage, (_, end) in enumerate(data["storages"])},
        modules=tuple([_module(lines, *row) for row in table["modules"]]),
        inputs=tuple(InputSpec(tuple(i["shape"]), i["dtype"], i["origin"], i["name"]) for i in data["inputs"]),
        input_tensors=tuple(data["input_tensors"]),
        output_tensors=tuple(data["output_tensors"]),
        parameters=data["parameters"],
        assumptions=tuple(data["assumptions"]),
        without=tuple(Without(message, SourceLine(file, line)) for message, file, line in data["without"]),
        defined=SourceLine(*data["defined"]) if data["defined"] else None,
        contains=tuple(data["contains"]),
        channels_last=data["channels_last"],
    )


class _Row(NamedTuple):
    """An operator as it was recorded; `lines` are numbers in a table."""

    kind: str
    target: str
    names: list[str]
    view: bool
    inputs: list[int]
    outputs: list[int]
    attributes: dict[str, Any]
    module: str
    call: int
    lines: list[int]
    site: int


def _operators(rows: Sequence[_Row], tensors: Sequence[Tensor], lines: Sequence[SourceLine]) -> tuple[Operator, ...]:
    attributes: list[dict[str, Attribute]] = [
        {key: _attribute(value) for key, value in row.attributes.items()} for row in rows
    ]
    kinds = [
        kind_of(row.kind, _named_inputs(row.names, row.inputs, tensors), given)
        for row, given in zip(rows, attributes, strict=True)
    ]
    names = names_of(kinds, [r.module for r in rows], [r.call for r in rows], [r.view for r in rows])
    return tuple(
        [
            Operator(
                id=index,
                name=names[index],
                kind=kinds[index],
                target=row.target,
                inputs=tuple(row.inputs),
                input_names=tuple(row.names),
                outputs=tuple(row.outputs),
                attributes=attributes[index],
                module=row.module,
                call=row.call,
                source=tuple([lines[line] for line in row.lines]),
                view=row.view,
                site=row.site,
            )
            for index, row in enumerate(rows)
        ]
    )


def _named_inputs(names: Sequence[str], ids: Sequence[int], tensors: Sequence[Tensor]) -> dict[str, Tensor]:
    return {name: tensors[tensor] for name, tensor in zip(names, ids, strict=True)}


def _without_inner_views(rows: Sequence[_Row]) -> tuple[list[_Row], list[int]]:
    """Leaves out the views that one Python call makes around its own work (`linear`: view, addmm, view).

    Also returns how many of the first rows, for any number of them, are left.

    What such a view returns counts as a result of the operator whose result it shows: the first one, in the shape that the call
    returns, when the view belongs to that operator's own call.
    """
    working = {row.site for row in rows if not row.view}
    kept: list[_Row] = []
    before = [0]
    owner: dict[int, _Row] = {}
    for row in rows:
        if row.view and row.site in working:
            source = owner.get(row.inputs[0]) if row.inputs else None
            if source is not None:
                shown = 0 if source.site == row.site else len(source.outputs)
                source.outputs[shown:shown] = row.outputs
                owner.update((tensor, source) for tensor in row.outputs)
        else:
            kept.append(row)
            owner.update((tensor, row) for tensor in row.outputs)
        before.append(len(kept))
    return kept, before


def _module(
    lines: Sequence[SourceLine], path: str, name: str, constructed: list[int], defined: int | None, description: str
) -> Module:
    placed = tuple([lines[line] for line in constructed])
    return Module(path, name, placed, None if defined is None else lines[defined], description)


def _attribute(value: Any) -> Attribute:
    return tuple([_attribute(item) for item in cast("list[Any]", value)]) if isinstance(value, list) else value
