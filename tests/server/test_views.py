from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pygls.workspace import PositionCodec

from graphperf.analysis.discovery import discover
from graphperf.analysis.finding import Finding, Related
from graphperf.analysis.lint.settings import LintSettings
from graphperf.analysis.pipeline import Analysis, Problem
from graphperf.server.diagnostics import diagnostics_of
from graphperf.server.session import Session
from graphperf.server.views import Mark, Views, views_of

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


def test_each_comment_that_silences_nothing_has_its_finding():
    text = TEXT.replace(
        "        return x", "        y = x  # graphperf: ignore[GP101]\n        return y  # graphperf: ignore[GP101]"
    )
    session = Session(PATH.as_uri(), PATH, text, 1)
    session.renew(views_of(Analysis((), (), discover(text)), PATH, text))
    assert [(line, mark.finding.code) for line, mark in session.marks()] == [(6, "GP904"), (7, "GP904")]
    assert session.views.judgement.unused == {6: ["GP101"], 7: ["GP101"]}


def test_what_a_project_does_not_ask_for_is_not_shown():
    failing = Analysis((), (failed(str(PATH), 6),), discover(TEXT))
    assert views_of(failing, PATH, TEXT).problems
    assert views_of(failing, PATH, TEXT, asked=LintSettings(ignore=("GP9",))).problems == ()
    assert views_of(failing, PATH, TEXT, asked=LintSettings(per_file_ignores={"net.py": ("GP901",)})).problems == ()


def test_a_baseline_that_is_gone_hides_nothing(tmp_path):
    failing = Analysis((), (failed(str(PATH), 6),), discover(TEXT))
    assert views_of(failing, PATH, TEXT, asked=LintSettings(baseline=tmp_path / "absent.json")).problems


@pytest.mark.parametrize("related", [True, False])
def test_the_other_lines_of_a_finding(related):
    others = (
        Related("also here", str(PATH), 6),
        Related("and there", "/project/blocks.py", 3),
        Related("gone", str(PATH), 4),
    )
    finding = Finding("GP407", "twice", str(PATH), 5, "information", f"{PATH}::Net", related=others)
    session = Session(PATH.as_uri(), PATH, TEXT, 1)
    session.renew(Views(TEXT, problems=(Mark(finding, 5),)))
    session.edit(f"# more\n{TEXT.replace('class Net(nn.Module):', '')}", 2)
    (found,) = diagnostics_of(server(related), session)
    places = [(p.message, p.location.uri, p.location.range.start.line) for p in found.related_information or ()]
    known = [("also here", PATH.as_uri(), 6), ("and there", "file:///project/blocks.py", 2)]
    assert places == (known if related else [])
