"""The extension offers the settings that the server has, with the same defaults and choices."""

import json
import re
from pathlib import Path

from pydantic import BaseModel

from graphperf.analysis.fusion import MODES
from graphperf.analysis.numerics import ALL_NUMERICS
from graphperf.server.settings import Settings

EXTENSION = Path(__file__).parents[2] / "vscode-extension"
MANIFEST = json.loads((EXTENSION / "package.json").read_text("utf-8"))
PROPERTIES = {
    name.removeprefix("graphperf."): given
    for name, given in MANIFEST["contributes"]["configuration"]["properties"].items()
}
OF_THE_CLIENT = {"serverPython", "heat.enabled", "trace.server"}
OF_THE_SERVER = {"trusted", "hardwarePaths", "lint"}


def names(model: type[BaseModel], start: str = "") -> dict[str, object]:
    """Settings with their defaults; those in groups as `group.name`."""
    found: dict[str, object] = {}
    for name, field in model.model_fields.items():
        alias = start + (field.alias or name)
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= names(kind, f"{alias}.")
        else:
            found[alias] = field.get_default(call_default_factory=True)
    return found


def test_the_settings_are_those_of_the_server() -> None:
    known = {name: default for name, default in names(Settings).items() if name not in OF_THE_SERVER}
    assert set(PROPERTIES) - OF_THE_CLIENT == set(known)
    for name, default in known.items():
        given = PROPERTIES[name]["default"]
        assert ((tuple(given) if isinstance(given, list) else given) or None) == (default or None), name


def test_the_choices_are_those_of_the_engine() -> None:
    assert PROPERTIES["precision"]["enum"] == [numerics.value for numerics in ALL_NUMERICS]
    assert PROPERTIES["mode"]["enum"] == list(MODES)


def test_every_step_of_the_walkthrough_has_a_small_picture() -> None:
    (walkthrough,) = MANIFEST["contributes"]["walkthroughs"]
    for step in walkthrough["steps"]:
        assert step["media"]["altText"]
        assert (EXTENSION / step["media"]["image"]).stat().st_size < 100_000


def test_every_command_that_is_offered_is_registered() -> None:
    offered = {each["command"] for each in MANIFEST["contributes"]["commands"]}
    source = (EXTENSION / "src" / "extension.ts").read_text("utf-8")
    registered = set(re.findall(r'"(graphperf\.\w+)": ', source))
    assert offered <= registered
    assert registered - offered == {"graphperf.showHints"}
