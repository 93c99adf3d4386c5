from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pygls.workspace import PositionCodec

from graphperf.analysis.discovery import discover
from graphperf.analysis.pipeline import Analysis, Problem
from graphperf.server.diagnostics import diagnostics_of
from graphperf.server.session import Session
from graphperf.server.views import views_of

TEXT = "from torch import nn\n\n\nclass Net(nn.Module):\n    def forward(self, x):\n        return x\n"
PATH = Path("/project/net.py")


def failed(file, line, message="wrong", target="/project/net.py::Net", stage="forward"):
    return Problem(target, stage, message, file, line, "Net")


def session_with(*problems):
    session = Session(PATH.as_uri(), PATH, TEXT, 1)
    session.renew(views_of(Analysis((), problems, discover(TEXT)), PATH, TEXT))
    return session


def server(related) -> Any:
    can = {"text_document.publish_diagnostics.related_information"} if related else set()
    return SimpleNamespace(client_can=can.__contains__, workspace=SimpleNamespace(position_codec=PositionCodec()))


def test_a_problem_stands_at_its_line():
    (found,) = diagnostics_of(server(True), session_with(failed(str(PATH), 6)))
    assert (found.range.start.line, found.range.start.character, found.range.end.character) == (5, 8, 16)
    assert (found.code, found.message, found.related_information) == ("GP901", "wrong", None)


@pytest.mark.parametrize(("target", "line"), [("/project/net.py::Net", 3), ("/project/net.py", 0)])
def test_a_problem_elsewhere_stands_at_the_class_and_names_the_place(target, line):
    session = session_with(failed("/project/blocks.py", 12, target=target))
    (found,) = diagnostics_of(server(True), session)
    assert (found.range.start.line, found.message) == (line, "wrong")
    (place,) = list(found.related_information or ())
    assert (place.location.uri, place.location.range.start.line) == ("file:///project/blocks.py", 11)
    (found,) = diagnostics_of(server(False), session)
    assert (found.message, found.related_information) == ("wrong (blocks.py:12)", None)


def test_what_several_models_fail_from_is_said_once():
    session = session_with(failed(str(PATH), 4), failed(str(PATH), 5, target="/project/net.py::Other"))
    assert [d.range.start.line for d in diagnostics_of(server(True), session)] == [3]


def test_a_line_behind_the_end_is_the_last_one():
    (found,) = diagnostics_of(server(True), session_with(failed(str(PATH), 99)))
    assert found.range.start.line == 6
