"""What other programs read of this repository: hooks, the action, the template for GitLab."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from graphperf.analysis.cli.lint import main
from graphperf.analysis.lint.settings import lint_settings
from graphperf.analysis.rules import rule_for

ROOT = Path(__file__).parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


def parses(line: str, *more: str) -> bool:
    """Whether graphperf-lint takes the options of a line."""
    program, *words = shlex.split(line)
    assert program.endswith("graphperf-lint")
    done = CliRunner().invoke(main, [*words, *more, "--help"])
    return done.exit_code == 0


def test_there_are_two_hooks() -> None:
    assert {hook["id"]: hook["language"] for hook in HOOKS} == {
        "graphperf-lint": "python",
        "graphperf-lint-system": "system",
    }


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook(hook: dict) -> None:
    assert (hook["types"], hook["require_serial"]) == (["python"], True)
    assert hook["name"]
    assert hook["description"]
    assert parses(hook["entry"], "model.py")


def test_the_action() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    assert action["runs"]["using"] == "composite"
    steps = action["runs"]["steps"]
    assert all("shell" in step for step in steps if "run" in step)
    assert all("${{" not in step.get("run", "") for step in steps)  # what is given reaches a script as a variable only
    named = {name for step in steps for name in action["inputs"] if f"inputs.{name}" in str(step)}
    assert named == set(action["inputs"])
    (script,) = (step["run"] for step in steps if step.get("id") == "check")
    line = script.replace("\\\n", " ").splitlines()[1].partition("||")[0]
    assert parses(line)


def test_the_template_for_gitlab() -> None:
    (job,) = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text("utf-8")).values()
    (line,) = job["script"]
    assert parses(line.replace("$GRAPHPERF_PATHS", ".").replace("$GRAPHPERF_ARGS", ""))
    assert job["artifacts"]["reports"]["codequality"] in line
    assert job["artifacts"]["when"] == "always"


def test_what_the_documentation_shows_is_accepted(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "lint.md").read_text("utf-8")
    (tmp_path / "pyproject.toml").write_text("\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)), "utf-8")
    settings = lint_settings(tmp_path)
    assert set(settings.limits) == {"GP101"}
    assert [len(bounds) for bounds in settings.budgets.values()] == [4]
    (hooks,) = (yaml.safe_load(block)["repos"] for block in re.findall(r"```yaml\n(repos.*?)```", text, re.DOTALL))
    assert {hook["id"] for repo in hooks for hook in repo["hooks"]} <= {hook["id"] for hook in HOOKS}
    lines = re.findall(r"^graphperf-lint .*$", text, re.MULTILINE)
    assert len(lines) >= 5
    assert [line for line in lines if not parses(re.sub(r"\$\(.*\)|#.*", "", line))] == []
    assert all(rule_for(code) for code in re.findall(r"GP\d{3}", text))
