"""The fused graph: its kernels and edges, a layout without overlaps, drawings that hold for any name."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphperf.analysis.estimate import Question, evaluate
from graphperf.analysis.numerics import parse_numerics
from graphperf.analysis.report.fused_graph import fused_graph, graph_dot, graph_svg
from graphperf.analysis.report.fused_graph.layout import layout
from graphperf.analysis.report.fused_graph.nodes import hottest
from graphperf.hardware_profiles import profile

SVG = "{http://www.w3.org/2000/svg}"


def test_kernels_in_an_order_to_run_them_in_with_what_flows_between(zoo) -> None:
    evaluation = zoo.evaluation("resnet18", "compiled")
    graph = fused_graph(evaluation)
    place = {kernel.id: number for number, kernel in enumerate(graph.kernels)}
    assert all(place[edge.source] < place[edge.target] for edge in graph.edges)
    assert sum(kernel.edp_share for kernel in graph.kernels) == pytest.approx(1)
    assert graph.note == ""
    names = {kernel.id: kernel.name for kernel in graph.kernels}
    edges = {(names[edge.source], names[edge.target]) for edge in graph.edges}
    assert ("layer1.0.conv1", "layer1.0.bn1") in edges
    assert ("maxpool", "layer1.0.bn2") in edges, "the residual flows past two convolutions"
    assert ("conv1", "layer1.0.conv1") not in edges


def test_the_hottest_part_of_a_graph_that_is_too_large(zoo) -> None:
    evaluation = zoo.evaluation("resnet18")
    whole, part = fused_graph(evaluation), fused_graph(evaluation, most=10)
    shares = [kernel.edp_share for kernel in whole.kernels]
    best = max(range(len(shares) - 9), key=lambda first: sum(shares[first : first + 10]))
    assert part.kernels == whole.kernels[best : best + 10]
    assert part.note.startswith(f"kernels {best + 1} to {best + 10} of {len(shares)}, the hottest part: ")
    kept = {kernel.id for kernel in part.kernels}
    assert part.edges == [edge for edge in whole.edges if {edge.source, edge.target} <= kept]
    assert (hottest([0.1, 0.5, 0.2], 2), hottest([0.1, 0.5, 0.2], 3), hottest([], 4)) == (1, 0, 0)


@st.composite
def graphs(draw) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    count = draw(st.integers(0, 14))
    pairs = [(a, b) for b in range(count) for a in range(b)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=30)) if pairs else []
    return [(100.0, draw(st.floats(20, 80))) for _ in range(count)], edges


@given(graphs())
def test_boxes_do_not_overlap_and_lines_run_down_from_box_to_box(graph) -> None:
    sizes, edges = graph
    placed = layout(sizes, edges)
    boxes = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(placed.corners, sizes, strict=True)]
    for number, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 0
        assert top >= 0
        assert right <= placed.width
        assert bottom <= placed.height
        for other in boxes[number + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
    for source, target in edges:
        assert boxes[source][3] < boxes[target][1]
        left, top, right, _ = boxes[target]
        assert _rounded(((left + right) / 2, top)) in _reached(placed.lines[source])
    assert all(y < below for lines in placed.lines.values() for (_, y), (_, below) in lines)


def _reached(lines) -> set[tuple[float, float]]:
    """The ends that the lines of a box lead to, from its own first point on."""
    rounded = [(_rounded(start), _rounded(end)) for start, end in lines]
    found = {rounded[0][0]}
    for _ in rounded:
        found |= {end for start, end in rounded if start in found}
    return found


def _rounded(point: tuple[float, float]) -> tuple[float, float]:
    # Halves that a rounding error tips either way are cut instead: no two ends are nearer than a hundredth.
    return round(point[0] + 1e-4, 3), round(point[1] + 1e-4, 3)


def test_a_value_that_is_read_further_down_has_one_channel() -> None:
    placed = layout([(100.0, 20.0)] * 4, [(0, 1), (1, 2), (2, 3), (0, 2), (0, 3)])
    vertical = [line for line in placed.lines[0] if line[0][0] == line[1][0] and line[0][1] in _tops(placed)]
    assert len(vertical) == 2, "one for each row that it passes, for both readers"


def _tops(placed) -> set[float]:
    return {y for _, y in placed.corners}


def test_drawings_hold_for_any_name(sketch) -> None:
    result = sketch.add("relu", [sketch.tensor(4, 4)], (4, 4))
    sketch.operators[0] = replace(sketch.operators[0], name='</svg><script>"quoted" \\ & more')
    sketch.add("exp", [result], (4, 4))
    evaluation = evaluate(sketch.graph(1), Question(profile("h100-sxm5-80gb"), parse_numerics("fp32"), "eager"))
    graph = fused_graph(evaluation)
    drawing = ElementTree.fromstring(graph_svg(graph, alone=True))
    titles = [title.text or "" for title in drawing.iter(f"{SVG}title")]
    assert titles[0].startswith('</svg><script>"quoted" \\ & more · ')
    assert not list(drawing.iter(f"{SVG}script"))
    assert "var(" not in ElementTree.tostring(drawing, "unicode"), "other programs know no variables"
    assert '[label="</svg><script>\\"quoted\\" \\\\ & more\\nrelu\\n' in graph_dot(graph)
    assert "  k0 -> k1;\n" in graph_dot(graph)
