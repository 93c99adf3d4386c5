from pathlib import Path

import pytest

from graphperf.analysis.discovery import discover
from graphperf.analysis.pipeline import Analysis, Problem
from graphperf.server.session import Session
from graphperf.server.status import status_of
from graphperf.server.views import views_of

TEXT = "from torch import nn\n\n\nclass Net(nn.Module): ...\n"
PATH = Path("/project/net.py")


@pytest.mark.parametrize(
    ("stage", "state", "message"),
    [
        ("interpreter", "degraded", "choose another"),
        ("untrusted", "untrusted", "choose another"),
        ("forward", "ready", "no models"),
        (None, "ready", "no models"),
    ],
)
def test_what_hinders_every_capture(stage, state, message):
    problems = (Problem("/project/net.py::Net", stage, "choose another", str(PATH), 4, "Net"),) if stage else ()
    session = Session(PATH.as_uri(), PATH, TEXT, 1)
    session.renew(views_of(Analysis((), problems, discover(TEXT)), PATH, TEXT))
    assert status_of(session) == (state, message)
