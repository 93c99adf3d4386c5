"""Runs of graphperf-lint over files: what is remembered, side by side, from stdin, in every format, with baselines."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from graphperf.analysis.cli import lint
from graphperf.analysis.lint import worker

from .conftest import NET

FP16 = ("--precision", "fp16", "--severity", "hint", "--ignore", "GP903")
SMALL = NET.replace("8192, 8192", "64, 64")


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that the engine checks from here on."""
    seen: list[str] = []
    check = worker.Worker.check

    def noted(self, file: Path, *rest, **named):
        seen.append(file.name)
        return check(self, file, *rest, **named)

    monkeypatch.setattr(worker.Worker, "check", noted)
    return seen


def project(folder: Path, lines: str) -> None:
    (folder / "pyproject.toml").write_text(lines, "utf-8")


def records(run: Callable, *arguments: str) -> list[dict]:
    return run("graphperf-lint", *FP16, *arguments, "--output-format", "json").json


def test_what_is_remembered_needs_no_engine(run: Callable) -> None:
    before = run("graphperf-lint", "model.py", *FP16)
    program = "import sys; from graphperf.analysis.cli.lint import main\ntry: main()\nexcept SystemExit as end: code = end.code\n"
    program += "print(sorted({'torch', 'numpy', 'pydantic', 'libcst'} & set(sys.modules)), code, file=sys.stderr)"
    command = [sys.executable, "-c", program, "model.py", *FP16]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (before.out, "[] 1\n")


def test_an_unchanged_file_is_not_checked_again(run: Callable, folder: Path, checked: list[str]) -> None:
    (folder / "other.py").write_text(SMALL)
    first = run("graphperf-lint", "model.py", "other.py", *FP16)
    assert checked == ["model.py", "other.py"]
    (folder / "other.py").write_text(SMALL.replace("64, 64", "64, 65"))
    again = run("graphperf-lint", "model.py", "other.py", *FP16)
    assert checked == ["model.py", "other.py", "other.py"]
    assert first.out == again.out
    assert run("graphperf-lint", "model.py", *FP16, "--no-cache").out
    assert checked[3:] == ["model.py"]


def test_failures_that_stay_are_remembered(run: Callable, folder: Path, checked: list[str]) -> None:
    project(folder, "[project]\n")  # the folders above it are of no interest
    names = ("broken.py", "bad_init.py", "bad_forward.py", "latin.py", "no_model.py")
    outs = [run("graphperf-lint", *names).out for _ in range(2)]
    assert outs[0] == outs[1]
    assert checked == list(names)


def test_a_file_is_checked_again_when_what_it_imports_changes(run: Callable, folder: Path, checked: list[str]) -> None:
    (folder / "parts.py").write_text("WIDTH = 8192\n")
    net = NET.replace("import torch\n", "import torch\nfrom parts import WIDTH\n").replace("8192, 8192", "WIDTH, 8192")
    (folder / "net.py").write_text(net)
    large = records(run, "net.py")
    (folder / "parts.py").write_text("WIDTH = 4096\n")
    small = records(run, "net.py")
    assert checked == ["net.py", "net.py"]
    assert "134 MB" in large[0]["message"]
    assert "67.1 MB" in small[0]["message"]


def test_a_file_is_checked_again_when_its_base_becomes_a_model(run: Callable, folder: Path) -> None:
    (folder / "base.py").write_text("class Base: pass\n")
    net = NET.replace("import torch\n", "import torch\nfrom base import Base\n").replace("(nn.Module)", "(Base)")
    (folder / "net.py").write_text(net)
    assert records(run, "net.py") == []
    (folder / "base.py").write_text("from torch import nn\nclass Base(nn.Module): pass\n")
    assert records(run, "net.py") != []


def test_settings_and_devices_count(run: Callable, folder: Path, checked: list[str]) -> None:
    run("graphperf-lint", "model.py", *FP16)
    project(folder, "[tool.graphperf.lint]\nGP101 = {least-share = 1.0}\n")
    run("graphperf-lint", "model.py", *FP16)
    (folder / "devices").mkdir()
    project(folder, '[tool.graphperf]\nhardware-path = "devices"\n')
    run("graphperf-lint", "model.py", *FP16)
    run("graphperf-lint", "model.py", *FP16)
    assert len(checked) == 3
    profile = Path(lint.__file__).parents[2] / "hardware_profiles" / "devices" / "h100-sxm5-80gb.toml"
    text = profile.read_text("utf-8").replace('id = "h100-sxm5-80gb"', 'id = "mine"')
    (folder / "devices" / "mine.toml").write_text(text, "utf-8")
    run("graphperf-lint", "model.py", *FP16)
    assert len(checked) == 4


def test_limits_of_a_rule(run: Callable, folder: Path) -> None:
    assert "GP101" in {record["code"] for record in records(run, "model.py")}
    project(folder, "[tool.graphperf.lint]\nGP101 = {most = 0}\n")
    assert "GP101" not in {record["code"] for record in records(run, "model.py")}
    project(folder, "[tool.graphperf.lint]\nGP199 = {most = 0}\n")
    done = run("graphperf-lint", "model.py")
    assert (done.code, done.err) == (2, "error: pyproject.toml: [tool.graphperf.lint] GP199 is no rule\n")


@pytest.mark.slow
def test_several_jobs_say_the_same(folder: Path) -> None:
    for number in range(8):
        (folder / f"net{number}.py").write_text(NET.replace("8192, 8192", f"8192, {8192 - number}"))
    outs: list[str] = []
    for jobs in ("1", "2"):
        arguments = [".", "--jobs", jobs, "--no-cache", "--output-format", "json", *FP16]
        outs.append(CliRunner().invoke(lint.main, arguments).stdout)
    assert outs[0] == outs[1]
    assert len({record["file"] for record in json.loads(outs[0])}) >= 12


@pytest.mark.slow  # it starts an agent of its own
def test_a_text_on_stdin(run: Callable, folder: Path) -> None:
    (folder / "sub").mkdir()
    arguments = ["--stdin-filename", "sub/net.py", *FP16, "--output-format", "concise"]
    done = CliRunner().invoke(lint.main, arguments, input="\n" + NET)
    assert done.exit_code == 1
    assert done.stdout.startswith("sub/net.py:9:1: GP101 ")
    silenced = NET.replace("8192)\n", "8192)  # graphperf: ignore\n")
    assert CliRunner().invoke(lint.main, arguments, input=silenced).stdout == "no findings\n"
    assert not (folder / "sub" / "net.py").exists()


def test_statistics(run: Callable) -> None:
    found = records(run, ".")
    lines = run("graphperf-lint", ".", *FP16, "--statistics").out.splitlines()
    counts = [re.fullmatch(r" *(\d+)  (GP\d{3})", line) for line in lines[:-1]]
    assert {m[2]: int(m[1]) for m in counts if m} == {
        code: sum(r["code"] == code for r in found) for code in {r["code"] for r in found}
    }
    assert lines[-1] == f"{len(found)} findings"
    assert [int(m[1]) for m in counts if m] == sorted((int(m[1]) for m in counts if m), reverse=True)


def test_selection_on_the_command_line(run: Callable, folder: Path) -> None:
    def codes(*arguments: str) -> set[str]:
        return {record["code"] for record in records(run, "model.py", "broken.py", *arguments)}

    everything = codes()
    assert everything > {"GP101", "GP901"}
    assert codes("--select", "GP9") == {"GP901"}
    assert codes("--select", "GP9", "--extend-select", "GP101") == {"GP101", "GP901"}
    assert codes("--ignore", "GP1,GP2") == {code for code in everything if code[2] not in "12"}
    assert codes("--per-file-ignores", "broken.py:ALL") == everything - {"GP901"}
    assert codes("--severity", "error") == set()
    project(folder, '[tool.graphperf.lint]\nselect = ["GP9"]\n')
    assert codes() == {"GP901"}
    assert codes("--isolated") == everything
    for option, text in (("--select", "E1"), ("--per-file-ignores", "GP1")):
        assert run("graphperf-lint", "model.py", option, text).code == 2


@pytest.mark.parametrize("output", ["json", "json-lines", "sarif", "github", "gitlab", "junit", "markdown"])
def test_formats_without_findings(run: Callable, output: str) -> None:
    done = run("graphperf-lint", "no_model.py", "--output-format", output)
    assert done.code == 0
    empty = {
        "json": "[]\n",
        "json-lines": "",
        "github": "",
        "gitlab": "[]\n",
        "markdown": "**graphperf**: no findings\n",
    }
    assert done.out == empty.get(output, done.out)
    if output == "junit":
        suite = ElementTree.fromstring(done.out)[0]
        assert (suite.get("tests"), suite.get("failures"), len(suite)) == ("1", "0", 1)


def test_formats_with_findings(run: Callable, folder: Path) -> None:
    found = records(run, ".")
    text = {
        name: run("graphperf-lint", ".", *FP16, "--output-format", name).out
        for name in ("json-lines", "sarif", "github", "gitlab", "junit", "markdown")
    }
    assert [json.loads(line) for line in text["json-lines"].splitlines()] == found
    assert len(json.loads(text["sarif"])["runs"][0]["results"]) == len(found)
    assert len(text["github"].splitlines()) == len(found)
    issues = json.loads(text["gitlab"])
    assert [issue["location"]["path"] for issue in issues] == [record["file"] for record in found]
    assert len({issue["fingerprint"] for issue in issues}) == len(found)
    suite = ElementTree.fromstring(text["junit"])[0]
    failed = [case.get("name") for case in suite if len(case)]
    assert failed == sorted({record["file"] for record in found})
    assert int(suite.get("tests", 0)) == len(suite) == 7
    assert text["markdown"].count("\n|") == len(found) + 2


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(run: Callable, folder: Path) -> None:
    for output in ("sarif", "gitlab", "junit", "markdown", "full"):
        texts = {
            run("graphperf-lint", ".", *FP16, "--output-format", output, *more).out
            for more in ((), (), ("--no-cache",))
        }
        assert len(texts) == 1, output


def test_rules(run: Callable) -> None:
    lines = run("graphperf-lint", "rule").out.splitlines()
    every = run("graphperf-lint", "rule", "--output-format", "json").json
    assert [line[:5] for line in lines] == [record["code"] for record in every] == sorted({r["code"] for r in every})
    for name in ("GP101", "gp101", "memory-bound-layer"):
        assert run("graphperf-lint", "rule", name).out.startswith("GP101 memory-bound-layer (warning)\n")
    done = run("graphperf-lint", "rule", "memory-bound-layr")
    assert (done.code, done.err) == (2, "error: there is no rule memory-bound-layr; did you mean memory-bound-layer?\n")


def test_config(run: Callable, folder: Path) -> None:
    project(folder, '[tool.graphperf.lint]\nignore = ["GP1"]\nper-file-ignores = {"a.py" = "GP2"}\n')
    assert run("graphperf-lint", "config", "ignore").out.startswith('ignore = ["GP1"]\n    ')
    whole = run("graphperf-lint", "config").out
    assert 'per-file-ignores = {"a.py" = ["GP2"]}' in whole
    assert "baseline = unset" in whole
    assert run("graphperf-lint", "config", "ignroe").err == "error: there is no setting ignroe; did you mean ignore?\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(run: Callable, shell: str) -> None:
    assert "_GRAPHPERF_LINT_COMPLETE" in run("graphperf-lint", "completion", shell).out


def test_what_is_completed() -> None:
    environment = {"_GRAPHPERF_LINT_COMPLETE": "bash_complete", "COMP_WORDS": "graphperf-lint --sel", "COMP_CWORD": "1"}
    done = CliRunner().invoke(lint.main, [], env=environment, prog_name="graphperf-lint")
    assert done.stdout == "plain,--select\n"


@pytest.mark.parametrize(("begun", "offered"), [("ru", "plain,rule\nfile,ru\n"), ("mo", "file,mo\n")])
def test_commands_are_completed_beside_files(begun: str, offered: str) -> None:
    words = {"COMP_WORDS": f"graphperf-lint {begun}", "COMP_CWORD": "1"}
    environment = {"_GRAPHPERF_LINT_COMPLETE": "bash_complete", **words}
    assert CliRunner().invoke(lint.main, [], env=environment, prog_name="graphperf-lint").stdout == offered


def test_a_project_file_that_is_no_toml(run: Callable, folder: Path) -> None:
    project(folder, "x = = 1\n")
    for command in (["graphperf-lint", "model.py"], ["graphperf", "analyze", "model.py"], ["graphperf-lint", "config"]):
        done = run(*command)
        assert (done.code, done.out) == (2, ""), command
        assert "pyproject.toml cannot be read: Invalid value (at line 1, column 5)" in done.err


def test_a_baseline_silences_what_was_there(run: Callable, folder: Path) -> None:
    assert run("graphperf-lint", ".", *FP16, "--write-baseline", "baseline.json").code == 0
    text = (folder / "baseline.json").read_bytes()
    run("graphperf-lint", ".", *FP16, "--no-cache", "--write-baseline", "again.json")
    assert (folder / "again.json").read_bytes() == text
    assert run("graphperf-lint", ".", *FP16, "--baseline", "baseline.json").out == "no findings\n"
    (folder / "model.py").write_text("# moved\n\n" + NET)
    assert run("graphperf-lint", ".", *FP16, "--baseline", "baseline.json").out == "no findings\n"
    (folder / "new.py").write_text(NET)
    found = records(run, ".", "--baseline", "baseline.json")
    assert {record["file"] for record in found} == {"new.py"}


def test_an_alike_line_more_is_new(run: Callable, folder: Path) -> None:
    run("graphperf-lint", "model.py", *FP16, "--write-baseline", "baseline.json")
    line = "        self.fc = nn.Linear(8192, 8192)\n"
    twice = NET.replace(line, line + "        self.more = self.fc\n" + line).replace(
        "self.fc(x)", "self.fc(self.more(x))"
    )
    (folder / "model.py").write_text(twice)
    found = records(run, "model.py", "--baseline", "baseline.json")
    assert [record["line"] for record in found if record["code"] == "GP101"] == [10]


def test_what_got_worse_is_reported_until_the_baseline_is_written_again(run: Callable, folder: Path) -> None:
    project(folder, '[tool.graphperf.lint]\nbaseline = "baseline.json"\nselect = ["GP7"]\n')
    (folder / "model.py").write_text(NET.replace("8192, 8192", "4096, 8192"))
    write = ("graphperf-lint", "model.py", *FP16, "--write-baseline", "baseline.json")
    assert run(*write).code == 0
    assert records(run, "model.py") == []
    for width in (8192, 16384):
        (folder / "model.py").write_text(NET.replace("8192, 8192", f"{width}, 8192"))
        (found,) = records(run, "model.py")
        assert (found["code"], found["severity"], found["line"]) == ("GP702", "error", 5)
        assert "MACs +100 %" in found["message"]
        assert run(*write).code == 0
        assert records(run, "model.py") == []


@pytest.mark.parametrize("text", ["", "{}", '{"version": 7}'])
def test_a_baseline_that_is_none(run: Callable, folder: Path, text: str) -> None:
    (folder / "baseline.json").write_text(text)
    done = run("graphperf-lint", "model.py", "--baseline", "baseline.json")
    assert done.code == 2
    assert done.err.startswith("error: the baseline baseline.json is ")


def test_budgets(run: Callable, folder: Path) -> None:
    budget = '[tool.graphperf.budgets]\n"model.py::Net" = {{latency = "{}@h100-sxm5-80gb"}}\n'
    project(folder, budget.format("1 µs"))
    (found,) = records(run, "model.py", "--select", "GP7")
    assert (found["code"], found["hardware"], found["severity"]) == ("GP701", "h100-sxm5-80gb", "error")
    project(folder, budget.format("1 s"))
    assert records(run, "model.py", "--select", "GP7") == []
    project(folder, budget.format("1 m"))
    assert run("graphperf-lint", "model.py").code == 2
    project(folder, budget.format("1 s").replace("h100-sxm5-80gb", "h101"))
    done = run("graphperf-lint", "model.py")
    assert done.code == 2
    assert "h101" in done.err


def test_dependents_are_checked_too(run: Callable, folder: Path) -> None:
    (folder / "parts.py").write_text("WIDTH = 8192\n")
    (folder / "sub").mkdir()
    net = NET.replace("import torch\n", "import torch\nfrom parts import WIDTH\n").replace("8192, 8192", "WIDTH, 8192")
    (folder / "sub" / "net.py").write_text(net)
    assert records(run, "parts.py") == []
    assert {record["file"] for record in records(run, "parts.py", "--dependents")} == {"sub/net.py"}
    project(folder, '[tool.graphperf.lint]\nexclude = ["sub"]\n')
    assert records(run, "parts.py", "--dependents") == []


def test_the_project_s_interpreter(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint, "project_python", lambda _place: sys.executable)
    assert "GP101" in run("graphperf-lint", "model.py", "--python", "project", *FP16).out
    monkeypatch.setattr(lint, "project_python", lambda _place: None)
    done = run("graphperf-lint", "model.py", "broken.py", "--python", "project", "--output-format", "concise")
    assert done.code == 1
    assert done.err.startswith("no interpreter with torch was found")
    assert [line.partition(":1: ")[0] for line in done.out.splitlines()] == ["broken.py:2", "1 finding"]
    assert "not captured" in run("graphperf-lint", "model.py", "--untrusted").out


def has_child(process: int) -> bool:
    """Whether a process has started another one."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(entry.read_text().rpartition(")")[2].split()[1]) == process:
                return True
        except OSError:  # it has ended meanwhile
            continue
    return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")
def test_an_interruption_is_no_finding(folder: Path) -> None:
    for number in range(20):
        (folder / f"net{number}.py").write_text(NET.replace("8192, 8192", f"8192, {8192 - number}"))
    command = [sys.executable, "-m", "graphperf.analysis.cli.lint", ".", "--no-cache", "--jobs", "2"]
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    while not has_child(process.pid):  # the interpreter that captures
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("interrupted\n")
