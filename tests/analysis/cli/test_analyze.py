import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

H100 = "h100-sxm5-80gb"


def test_a_model_as_text(run: Callable) -> None:
    done = run("graphperf", "analyze", "model.py", "--precision", "fp16", "--batch", "2", "--mode", "compiled")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "Net on NVIDIA H100 SXM5 80GB"
    assert lines[1] == "fp16 · batch 2 · compiled · input 2×8192 fp16 (assumed from fc)"
    assert lines[2] == "model.py::Net, constructed by defaults"
    for word in ("latency", "energy", "EDP", "work", "traffic", "memory", "graph", "1 kernel holds 50 %", "Assumed:"):
        assert word in done.out
    assert "134 MMAC, 268 MFLOP, 67.1 M parameters" in done.out
    assert "1 operator in 1 kernel, " in done.out
    assert "\x1b" not in done.out
    assert max(len(line) for line in lines) <= 130


def test_the_table_is_sorted_and_can_be_shown_whole(run: Callable) -> None:
    short = run("graphperf", "analyze", "torchvision.models:resnet18", "--mode", "ideal")
    whole = run("graphperf", "analyze", "torchvision.models:resnet18", "--mode", "ideal", "--all")
    assert "… and 3 kernels more (--all)" in short.out
    assert "kernels more" not in whole.out
    assert "layer4.1.conv2 (conv2d+add+relu)" in whole.out
    rows = [line for line in whole.out.splitlines() if "(conv2d+" in line]
    shares = [float(row.split(" %")[0]) for row in rows]
    assert shares == sorted(shares, reverse=True)
    assert len(rows) == 17


def test_a_model_under_autocast(run: Callable) -> None:
    done = run("graphperf", "analyze", "model.py", "--precision", "amp-bf16")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[1] == "amp-bf16 · batch 1 · eager · input 1×8192 fp32 (assumed from fc)"
    assert "fc.cast (cast)" in done.out
    (report,) = run("graphperf", "analyze", "model.py", "--precision", "amp", "--format", "json").json["reports"]
    assert (report["precision"], report["totals"]["macs"]) == ("amp", 8192 * 8192)


def test_a_model_as_json(run: Callable) -> None:
    done = run(
        "graphperf", "analyze", "model.py::Net", "--format", "json", "--hardware", f"{H100},rtx-3090", "-H", "i7-12700k"
    )
    assert (done.code, done.err) == (0, "")
    assert [report["hardware"] for report in done.json["reports"]] == [H100, "rtx-3090", "i7-12700k"]
    assert done.json["errors"] == []
    assert done.json["reports"][0]["totals"]["macs"] == 8192 * 8192


@pytest.mark.parametrize(
    ("options", "shape", "dtype", "batch"),
    [
        (["--input", "(3, 8192)"], [3, 8192], "float32", 3),
        (["--input", "[(3, 8192)]", "--batch", "5"], [5, 8192], "float32", 5),
        (["--batch", "7"], [7, 8192], "float32", 7),
    ],
)
def test_inputs(run: Callable, options: list[str], shape: list[int], dtype: str, batch: int) -> None:
    (report,) = run("graphperf", "analyze", "model.py", "--format", "json", *options).json["reports"]
    assert (report["inputs"][0]["shape"], report["inputs"][0]["dtype"], report["batch"]) == (shape, dtype, batch)


@pytest.mark.parametrize(
    ("target", "line", "message"),
    [
        ("broken.py", 2, "GP901 syntax error: "),
        ("bad_forward.py", 11, "GP901 forward() raised at line 11: RuntimeError: "),
        ("bad_init.py", 8, "GP901 constructing Net failed: ZeroDivisionError: division by zero"),
        ("latin.py", 1, "GP901 cannot be read: "),
        ("bad_import.py", 2, "GP901 importing the file failed: ModuleNotFoundError: No module named"),
    ],
)
def test_a_model_that_cannot_be_captured(run: Callable, target: str, line: int, message: str) -> None:
    done = run("graphperf", "analyze", target)
    assert (done.code, done.out) == (1, "")
    (words,) = done.err.splitlines()
    assert words.startswith(f"{target}:{line}: {message}")
    as_json = run("graphperf", "analyze", target, "--format", "json")
    assert as_json.code == 1
    assert as_json.json["reports"] == []
    (error,) = as_json.json["errors"]
    assert (error["code"], error["file"], error["line"]) == ("GP901", target, line)


def test_one_bad_target_does_not_hide_the_others(run: Callable) -> None:
    done = run("graphperf", "analyze", "bad_forward.py", "model.py", "--format", "json")
    assert done.code == 1
    assert [report["target"] for report in done.json["reports"]] == ["model.py::Net"]
    assert [error["target"] for error in done.json["errors"]] == ["bad_forward.py::Net"]


def test_a_file_without_models(run: Callable) -> None:
    done = run("graphperf", "analyze", "no_model.py")
    assert (done.code, done.out, done.err) == (1, "", "no_model.py: no nn.Module class found\n")


USAGE = [
    (["absent.py"], "absent.py: no such file"),
    (["nonsense"], "'nonsense' is no target"),
    (["model.py::Nett"], "there is no nn.Module class Nett in the file; did you mean Net?"),
    (["model.py::Other"], "there is no nn.Module class Other in the file; it has Net"),
    (["no_model.py::make"], "make is a function; name what makes a model by its import path, as package.module:make"),
    (["no_model.py::Net"], "there is no nn.Module class Net in the file; it has none"),
    (["model.py", "-H", "h200"], "unknown hardware 'h200'"),
    (["model.py", "--precision", "fp15"], "unknown precision 'fp15'; did you mean fp16"),
    (
        ["model.py", "--mode", "compile"],
        "unknown mode 'compile', choose from eager, compiled, ideal, tensorrt, xla, kpu; did you mean compiled?",
    ),
    (
        ["model.py", "-H", "i7-12700k", "--mode", "tensorrt"],
        "tensorrt is no mode of i7-12700k, a cpu; choose from eager, compiled, ideal",
    ),
    (["model.py", "-H", "i7-12700k", "--precision", "fp16"], "i7-12700k does not compute in fp16; it does in "),
    (["model.py", "-H", "i7-12700k", "--precision", "amp"], "i7-12700k does not compute in amp; it does in "),
    (["model.py", "--memory-gb", "0"], "the memory of a capture must be a number above 0, not 0.0"),
    (["model.py", "--batch", "0"], "batch must be at least 1, not 0"),
    (["model.py", "--input", "3,x"], "--input: '3,x' is not a shape such as (1, 3, 224, 224)"),
    (["model.py", "--input", "(1, 8)", "--dtype", "float31"], "--input: 'float31' is no dtype"),
    (["model.py", "--python", "/no/such/python"], "cannot start the interpreter /no/such/python"),
    (["model.py", "--python", "/bin/true"], "nothing runs (it ended without a word) in the interpreter /bin/true"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), USAGE, ids=lambda value: " ".join(value) if isinstance(value, list) else None
)
def test_a_request_that_cannot_be_carried_out(run: Callable, arguments: list[str], message: str) -> None:
    done = run("graphperf", "analyze", *arguments)
    assert (done.code, done.out) == (2, "")
    (words,) = done.err.splitlines()
    assert words.startswith(f"error: {message}")


@pytest.mark.parametrize(
    "arguments", [[], ["model.py", "--format", "xml"], ["model.py", "--batch", "many"], ["--nonsense"]]
)
def test_wrong_options(run: Callable, arguments: list[str]) -> None:
    done = run("graphperf", "analyze", *arguments)
    assert done.code == 2
    assert done.err.startswith("Usage: ")


def test_a_time_limit(run: Callable, folder) -> None:
    (folder / "slow.py").write_text(
        (folder / "model.py").read_text().replace("return", "while True: pass\n        return")
    )
    done = run("graphperf", "analyze", "slow.py", "--timeout", "0.5")
    assert done.code == 1
    assert done.err == "slow.py:11: GP901 the capture took too long: still running after 0.5 s\n"


@pytest.mark.parametrize("arguments", [["--untrusted"], ["--untrusted", "--python", "/no/such/python"]])
def test_without_trust_nothing_runs(run: Callable, folder, arguments: list[str]) -> None:
    (folder / "model.py").write_text((folder / "model.py").read_text() + "\nopen('ran', 'w')\n")
    said = "model.py:5: GP901 Net: not captured, since the workspace is not trusted and none of its code runs\n"
    done = run("graphperf", "analyze", "model.py", *arguments)
    assert (done.code, done.out, done.err) == (1, "", said)
    linted = run("graphperf-lint", "model.py", "--output-format", "json", *arguments)
    assert [(finding["code"], finding["severity"]) for finding in linted.json] == [("GP901", "information")]
    assert run("graphperf", "analyze", "no_model.py", *arguments).err == "no_model.py: no nn.Module class found\n"


LARGE = "held = bytearray(1 << 31)\n        return"


def test_a_memory_limit(run: Callable, folder) -> None:
    (folder / "large.py").write_text((folder / "model.py").read_text().replace("return", LARGE))
    assert "needs more memory than the 1 GB" in run("graphperf", "analyze", "large.py", "--memory-gb", "1").err


PROJECT = [
    ("trusted = false", "model.py:5: GP901 Net: not captured, since the workspace is not trusted"),
    ("trusted = 1", "model.py:5: GP901 Net: not captured, since the workspace is not trusted"),
    ("capture-seconds = 0", "model.py:1: GP901 [tool.graphperf] in pyproject.toml: the seconds of a capture must be"),
    (
        "capture-memory-gb = 'x'",
        "model.py:1: GP901 [tool.graphperf] in pyproject.toml: the memory of a capture must be",
    ),
    ("capture-memory-gb = 1", "model.py:11: GP901 forward() raised at line 11: needs more memory than the 1 GB"),
]


@pytest.mark.parametrize(("setting", "message"), PROJECT, ids=[setting for setting, _ in PROJECT])
def test_what_a_project_sets(run: Callable, folder, setting: str, message: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.graphperf]\n{setting}\n")
    (folder / "model.py").write_text((folder / "model.py").read_text().replace("return", LARGE))
    done = run("graphperf", "analyze", "model.py", "--no-cache")
    assert done.code == 1
    assert done.err.startswith(message)


@pytest.mark.slow
def test_a_project_cannot_ask_for_trust_and_the_users_limit_goes_first(run: Callable, folder) -> None:
    (folder / "pyproject.toml").write_text("[tool.graphperf]\ntrusted = true\ncapture-memory-gb = 1\n")
    (folder / "model.py").write_text((folder / "model.py").read_text().replace("return", LARGE))
    assert "is not trusted" in run("graphperf", "analyze", "model.py", "--untrusted").err
    assert run("graphperf", "analyze", "model.py", "--no-cache", "--memory-gb", "4").code == 0


def test_an_interpreter_without_torch(folder) -> None:
    python = folder / "bare-python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    python.chmod(0o755)
    command = [sys.executable, "-m", "graphperf.analysis.cli.main", "analyze", "model.py", "--python", str(python)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    (words,) = done.stderr.splitlines()
    assert words.startswith("error: torch cannot be imported (ModuleNotFoundError: No module named")
    assert "choose an interpreter that has torch with --python" in words


@pytest.mark.slow
def test_the_installed_command_from_start_to_end(folder) -> None:
    program = os.path.join(os.path.dirname(sys.executable), "graphperf")
    done = subprocess.run(
        [program, "analyze", "model.py", "--format", "json"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["reports"][0]["model"] == "Net"


def test_a_batch_that_does_not_fit_is_refused_with_the_largest_that_does(run: Callable) -> None:
    done = run("graphperf", "analyze", "model.py", "--precision", "int8", "-H", "coral-edge-tpu", "--batch", "200000")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: Net at batch 200,000 needs ")
    largest = int(done.err.rpartition(" ")[2].replace(",", ""))
    for batch, code in ((largest, 0), (largest + largest // 100, 2)):
        question = ("--precision", "int8", "-H", "coral-edge-tpu", "--batch", str(batch))
        assert run("graphperf", "analyze", "model.py", *question).code == code


def test_the_batch_of_a_model_is_reported_even_when_it_does_not_fit(run: Callable) -> None:
    done = run(
        "graphperf", "analyze", "model.py", "--precision", "int8", "-H", "coral-edge-tpu", "--input", "200000,8192"
    )
    assert done.code == 0
    assert "does not fit in 1 GB" in done.out
