"""The workflow and the pre-commit configuration name what exists, and pass on options that the commands take."""

import re
import shlex
from pathlib import Path

import yaml
from click import Command
from click.testing import CliRunner

from graphperf.analysis.cli import lint
from graphperf.analysis.cli import main as command_line

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
WORKFLOW = yaml.safe_load((EXAMPLES / "github-workflow.yml").read_text("utf-8"))
STEPS = WORKFLOW["jobs"]["lint"]["steps"]


def is_accepted(command: Command, words: list[str]) -> bool:
    return CliRunner().invoke(command, [*words, "--help"]).exit_code == 0


def test_the_workflow_gives_the_action_what_it_takes() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    (given,) = (step["with"] for step in STEPS if step.get("uses", "").startswith("graphperf/graphperf@"))
    assert set(given) <= set(action["inputs"])
    assert is_accepted(lint.main, ["check", given["paths"], *shlex.split(given["args"])])


def test_the_workflow_may_upload_findings() -> None:
    assert WORKFLOW["permissions"]["security-events"] == "write"


def test_the_workflow_shows_what_a_change_costs() -> None:
    (script,) = (step["run"] for step in STEPS if "graphperf diff" in step.get("run", ""))
    (line,) = re.findall(r"^graphperf (diff .*?) \|\|", script, re.MULTILINE)
    assert is_accepted(command_line.main, shlex.split(line))
    assert "${{" not in script  # what an event says reaches a script as a variable only


def test_an_option_that_does_not_exist_is_noticed() -> None:
    assert not is_accepted(lint.main, ["check", "model.py", "--no-such-option"])


def test_the_hooks_exist() -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    (repository,) = yaml.safe_load((EXAMPLES / "pre-commit-config.yaml").read_text("utf-8"))["repos"]
    for hook in repository["hooks"]:
        program, *words = shlex.split(hooks[hook["id"]]["entry"])
        assert program == "graphperf-lint"
        assert is_accepted(lint.main, [*words, *hook["args"], "model.py"])
