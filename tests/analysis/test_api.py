"""The entry for scripts: the same figures as the command line's, one name or several, and errors that say what to change."""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner

from graphperf.analysis import api
from graphperf.analysis.cli.main import main
from graphperf.analysis.discovery import UsageError

MODEL = """
from torch import nn

# graphperf: input=(1, 8)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 4)

    def forward(self, x):
        return self.layer(x)
"""


@pytest.fixture
def model(tmp_path: Path, pool, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(api, "AgentPool", lambda: nullcontext(pool))
    path = tmp_path / "model.py"
    path.write_text(MODEL, "utf-8")
    return path


def test_an_evaluation_for_every_device(model: Path) -> None:
    found = api.evaluations(model, hardware=["rtx-3090", "i7-12700k"], batch=3)
    assert [each.question.device.id for each in found] == ["rtx-3090", "i7-12700k"]
    assert [sum(cost.macs for cost in each.costs) for each in found] == [3 * 8 * 4] * 2


def test_the_figures_are_those_of_the_command_line(model: Path) -> None:
    arguments = ["sweep", str(model), "--hardware", "rtx-3090", "--batch", "1,4", "--format", "json"]
    printed = json.loads(CliRunner().invoke(main, arguments).stdout)
    found = api.points(str(model), hardware="rtx-3090", batch=[1, 4])
    assert [(each.batch, each.latency_s, each.energy_j) for each in found] == [
        (each["batch"], each["latency_s"], each["energy_j"]) for each in printed["points"]
    ]


def test_a_device_without_fp32_can_be_asked_in_what_it_has(model: Path) -> None:
    (found,) = api.points(str(model), hardware="coral-edge-tpu", precision=("fp32", "int8"))
    assert (found.hardware, found.precision) == ("coral-edge-tpu", "int8")


def test_all_is_every_device(model: Path) -> None:
    devices = {each.hardware for each in api.points(str(model), hardware="all")}
    assert {"h100-sxm5-80gb", "jetson-agx-orin-64gb@30w", "i7-12700k"} <= devices


def test_what_is_unknown_is_said(model: Path) -> None:
    with pytest.raises(UsageError, match="rtx-3090"):
        api.evaluations(model, hardware="rtx-3091")
    with pytest.raises(UsageError, match="no such file"):
        api.points(str(model.with_name("other.py")))
    model.write_text("x = 1\n", "utf-8")
    with pytest.raises(UsageError, match=r"no nn\.Module class found"):
        api.evaluations(model)


def test_a_model_that_fails_says_where(model: Path) -> None:
    model.write_text(MODEL.replace("return self.layer(x)", "raise ValueError('no')"), "utf-8")
    for ask in (lambda: api.evaluations(model), lambda: api.points(str(model))):
        with pytest.raises(api.NotCaptured, match="no") as raised:
            ask()
        assert raised.value.problems[0].line == 11
