import json
from collections.abc import Callable
from pathlib import Path

import pytest

FINDINGS = ("model.py", "--precision", "fp16", "--severity", "hint", "--ignore", "GP9")
CLEAN = ("--batch", "8448", "--mode", "ideal", "--precision", "fp16")


def test_without_findings(run: Callable) -> None:
    done = run("graphperf-lint", "model.py", *CLEAN)
    assert (done.code, done.out, done.err) == (0, "no findings\n", "")
    assert run("graphperf-lint", "no_model.py").out == "no findings\n"
    assert run("graphperf-lint", "model.py", *CLEAN, "--output-format", "json").json == []
    assert run("graphperf-lint", "model.py", *CLEAN, "--output-format", "sarif").json["runs"][0]["results"] == []


def test_concise(run: Callable) -> None:
    done = run("graphperf-lint", *FINDINGS, "--output-format", "concise")
    assert done.code == 1
    *findings, summary = done.out.splitlines()
    assert summary == f"{len(findings)} finding{'s' if len(findings) != 1 else ''}"
    assert findings[0].startswith(
        "model.py:8:1: GP101 fc (linear): memory-bound on NVIDIA H100 SXM5 80GB, 100 % of EDP. "
    )


def test_full_shows_the_line(run: Callable) -> None:
    done = run("graphperf-lint", *FINDINGS)
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[0].startswith("GP101 fc (linear): ")
    assert lines[1] == "  --> model.py:8"
    assert lines[2].startswith("    8 |         self.fc = nn.Linear(8192, 8192)  ████████████ 100 %")
    assert "\x1b" not in done.out


def test_json(run: Callable) -> None:
    done = run("graphperf-lint", *FINDINGS, "--output-format", "json")
    assert done.code == 1
    for record in done.json:
        assert list(record) == [
            *(
                "code",
                "message",
                "file",
                "line",
                "severity",
                "target",
                "hardware",
                "edp_share",
                "gain",
                "related",
                "calls",
            )
        ]
    first = done.json[0]
    assert (first["code"], first["file"], first["line"]) == ("GP101", "model.py", 8)
    assert first["hardware"] == "h100-sxm5-80gb"


def test_exit_zero_and_an_output_file(run: Callable, folder: Path) -> None:
    done = run("graphperf-lint", *FINDINGS, "--exit-zero", "--output-format", "json", "--output-file", "out.json")
    assert (done.code, done.out) == (0, "")
    assert json.loads((folder / "out.json").read_text("utf-8"))[0]["code"] == "GP101"


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("broken.py", 2, "GP901 syntax error: "),
        ("bad_forward.py", 11, "GP901 forward() raised at line 11: "),
        ("bad_init.py", 8, "GP901 constructing Net failed: "),
        ("bad_import.py", 2, "GP901 importing the file failed: "),
        ("latin.py", 1, "GP901 cannot be read: "),
    ],
)
def test_what_cannot_be_captured_is_a_finding(run: Callable, file: str, line: int, message: str) -> None:
    done = run("graphperf-lint", file, "--output-format", "concise")
    assert (done.code, done.err) == (1, "")
    first, summary = done.out.splitlines()
    assert first.startswith(f"{file}:{line}:1: {message}")
    assert summary == "1 finding"


@pytest.mark.parametrize(
    "output", ["full", *(pytest.param(output, marks=pytest.mark.slow) for output in ("json", "sarif"))]
)
def test_every_format_takes_every_finding(run: Callable, output: str) -> None:
    done = run("graphperf-lint", ".", "--precision", "fp16", "--severity", "hint", "--output-format", output)
    assert done.code == 1
    for file in ("model.py", "broken.py", "bad_forward.py", "bad_init.py", "bad_import.py", "latin.py"):
        assert file in done.out


def test_folders_are_searched_and_the_usual_ones_left_out(run: Callable, folder: Path) -> None:
    for name in ("package/inner", ".hidden", "venv", "node_modules/x", "build", "__pycache__"):
        (folder / "src" / name).mkdir(parents=True)
        (folder / "src" / name / "broken.py").write_text("x = = 1\n")
    (folder / "src" / "notes.txt").write_text("x = = 1\n")
    found = run("graphperf-lint", "src", "--output-format", "json").json
    assert [record["file"] for record in found] == ["src/package/inner/broken.py"]
    assert run("graphperf-lint", "--output-format", "concise").out.count("GP901") == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.py"], "absent.py: no such file"),
        (["model.py", "-H", "h200"], "unknown hardware 'h200'"),
        (["model.py", "--precision", "fp15"], "unknown precision 'fp15'"),
        (["model.py", "--mode", "fast"], "unknown mode 'fast', choose from eager, compiled, ideal"),
        (["model.py", "--python", "/no/such/python"], "cannot start the interpreter /no/such/python"),
        (["model.py", "--batch", "-1"], "batch must be at least 1, not -1"),
    ],
)
def test_a_request_that_cannot_be_carried_out(run: Callable, arguments: list[str], message: str) -> None:
    done = run("graphperf-lint", *arguments)
    assert (done.code, done.out) == (2, "")
    (words,) = done.err.splitlines()
    assert words.startswith(f"error: {message}")


def test_wrong_options(run: Callable) -> None:
    assert run("graphperf-lint", "--output-format", "xml").code == 2


def test_an_output_file_that_cannot_be_written(run: Callable) -> None:
    done = run("graphperf-lint", "model.py", "--output-file", "no/such/folder/out.txt")
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
