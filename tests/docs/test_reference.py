"""The pages of docs/reference are as the code is."""

import re

import pytest

from graphperf.analysis.rules import RULES
from graphperf.hardware_profiles import profiles

from . import command_line, python_api
from .blocks import ROOT
from .reference import PAGES


@pytest.mark.parametrize("made", PAGES, ids=lambda made: made.PAGE.name)
def test_the_page_is_current(made) -> None:
    assert made.PAGE.read_text("utf-8") == made.page(), "run `make reference`"


def test_every_command_has_its_options() -> None:
    page = command_line.page()
    assert len(command_line.commands()) > 10
    for command in command_line.commands():
        assert f"### {command}\n" in page
    assert "| `-H, --hardware ID[,ID...]` |" in page


def test_what_scripts_use_is_described() -> None:
    used = set[str]()
    for script in (ROOT / "examples").glob("*.py"):
        for names in re.findall(r"^from graphperf\.[\w.]+ import (.+)", script.read_text("utf-8"), re.M):
            used |= set(names.split(", "))
    listed = {name for modules in python_api.PUBLIC.values() for names in modules.values() for name in names}
    assert "points" in used
    assert used - listed <= {"units", "aligned"}
    assert "```text\n\n```" not in python_api.page()


def test_the_readme_counts_rules_and_devices() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    devices = [profile for profile in profiles() if "@" not in profile.id]
    assert re.findall(r"(\d+) rules", readme) == [str(len(RULES))]
    assert re.findall(r"(\d+) GPUs, CPUs", readme) == [str(len(devices))]
