"""`graphperf measure` and `graphperf calibrate`: with a probe that makes its answers up, and once with a real one."""

import json
import platform
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from graphperf.analysis.cli import calibrate, measure
from graphperf.analysis.measurement.process import Probe, ProbeFailed
from graphperf.analysis.measurement.rows import read_rows
from graphperf.hardware_profiles import load_file, profile

MACHINE = {
    "torch": "2.6.0", "threads": 1, "name": "Some CPU", "cores": 4, "l1_bytes": 32768, "l2_bytes": 1 << 20,
    "llc_bytes": 32 << 20, "capability": "AVX512", "memory_bytes": 10**10,
}  # fmt: skip
I7 = ("--hardware", "i7-12700k")
WIDE = """
from torch import nn

# graphperf: input=(16, 64, 112, 112)
class Wide(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(x)
"""


IMAGE = """
import torch
from torch import nn


# graphperf: input=(1, 64, 56, 56)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches, self.norm = nn.Conv2d(64, 64, 1), nn.LayerNorm(64)

    def forward(self, x):
        return self.norm(self.patches(x).permute(0, 2, 3, 1).contiguous())
"""


class FakeProbe:
    """Answers every request with the same times; keeps what it was asked."""

    asked: list[dict] = []  # noqa: RUF012
    failing: set[str] = set()  # noqa: RUF012
    cleared: dict | None = None

    environment: dict | None = None
    processes = 0

    def __init__(
        self, device: str, python: str | None = None, threads: int = 0, environment: dict | None = None
    ) -> None:
        self.device = device
        FakeProbe.environment = environment

    def __enter__(self) -> "FakeProbe":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def machine(self) -> dict:
        return MACHINE

    def close(self) -> None:
        FakeProbe.processes += 1

    def ask(self, request: dict) -> dict:
        self.asked.append(json.loads(json.dumps(request)))
        if request["op"] in self.failing:
            raise ProbeFailed("RuntimeError: out of memory")
        if request["op"] == "idle":
            return {"watts": None}
        found = {"median": 0.004, "low": 0.003, "high": 0.006, "repeats": 9, "joules": None, "watts": None}
        return {**found, "peak_bytes": None, "cleared": self.cleared}


@pytest.fixture(autouse=True)
def probe(monkeypatch: pytest.MonkeyPatch) -> type[FakeProbe]:
    FakeProbe.asked, FakeProbe.failing, FakeProbe.cleared, FakeProbe.processes = [], set(), None, 0
    monkeypatch.setattr(measure, "Probe", FakeProbe)
    monkeypatch.setattr(calibrate, "Probe", FakeProbe)
    return FakeProbe


def test_rows_are_kept_and_not_measured_again(run, folder: Path, probe) -> None:
    command = ("measure", "model.py", "--device", "cpu", *I7, "--batch", "1,8", "--out", "rows.csv")
    first = run("graphperf", *command)
    assert first.code == 0, first.err
    rows = read_rows(folder / "rows.csv")
    assert [(row.batch, row.input, row.latency_ms) for row in rows] == [(1, "1x8192", 4.0), (8, "8x8192", 4.0)]
    assert (rows[0].device, rows[0].framework, rows[0].target) == ("Some CPU", "pytorch 2.6.0 cpu", "model.py::Net")
    assert rows[1].throughput_per_s == 2000.0
    assert len(probe.asked) == probe.processes == 2
    again = run("graphperf", *command)
    assert again.out == first.out
    assert len(probe.asked) == 2
    assert len(read_rows(folder / "rows.csv")) == 2


def test_pages_that_the_system_clears_are_told_where_they_take_long(run, probe) -> None:
    command = ("graphperf", "measure", "model.py", "--device", "cpu", *I7)
    probe.cleared = {"bytes": 8e6, "seconds": 0.0003}
    assert "clearing" not in run(*command).out
    probe.cleared = {"bytes": 8e6, "seconds": 0.001}
    lines = run(*command).out.splitlines()
    assert lines[3].startswith(
        "Net, batch 1, eager: the system spends 1 ms of processor time a run on clearing 8 MB in pages"
    )
    assert "MALLOC_TRIM_THRESHOLD_" in lines[4]
    assert lines[-1].startswith("1 rows against i7-12700k")
    assert json.loads(run(*command, "--format", "json").out)["rows"][0]["cleared"] == probe.cleared


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="variables of glibc")
def test_a_run_that_keeps_its_pages_is_measured_and_predicted_so(run, folder: Path, probe) -> None:
    (folder / "wide.py").write_text(WIDE)
    command = ("graphperf", "measure", "wide.py", "--device", "cpu", *I7, "--out", "rows.csv", "--format", "json")
    usual, kept = run(*command).json, run(*command, "--set", "kept-pages").json
    assert probe.environment == {"MALLOC_TRIM_THRESHOLD_": "4294967296", "MALLOC_MMAP_THRESHOLD_": "4294967296"}
    times = [found["rows"][0]["predicted"]["latency_s"] for found in (usual, kept)]
    assert times[1] < 0.8 * times[0]
    assert [row.note for row in read_rows(folder / "rows.csv")] == ["threads=1", "threads=1 kept-pages"]


def test_a_run_in_channels_last_is_measured_and_predicted_so(run, folder: Path, probe) -> None:
    (folder / "image.py").write_text(IMAGE)
    command = ("graphperf", "measure", "image.py", "--device", "cpu", *I7, "--out", "rows.csv", "--format", "json")
    usual, last = run(*command).json, run(*command, "--set", "channels_last").json
    assert [asked["channels_last"] for asked in probe.asked] == [False, True]
    times = [found["rows"][0]["predicted"]["latency_s"] for found in (usual, last)]
    assert times[1] < times[0]  # no rows of channels are copied
    assert [(row.layout, row.note) for row in read_rows(folder / "rows.csv")] == [
        ("nchw", "threads=1"), ("nhwc", "threads=1"),
    ]  # fmt: skip


def test_the_probe_is_told_how_the_capture_constructed_the_model(run, probe) -> None:
    assert run("graphperf", "measure", "model.py", "--device", "cpu", *I7).code == 0
    (asked,) = probe.asked
    assert asked["expression"] == "Net()"
    assert asked["file"].endswith("model.py")
    assert asked["inputs"] == [{"name": "x", "shape": [1, 8192], "dtype": "float32"}]


def test_predicted_stands_beside_measured(run) -> None:
    found = run("graphperf", "measure", "model.py", "--device", "cpu", *I7, "--format", "json").json
    (row,) = found["rows"]
    assert row["error"] == pytest.approx(row["predicted"]["latency_s"] / 0.004 - 1)
    assert row["inside"] == (row["predicted"]["low_s"] <= 0.004 <= row["predicted"]["high_s"])
    assert found["accuracy"]["median_error"] == pytest.approx(abs(row["error"]))
    text = run("graphperf", "measure", "model.py", "--device", "cpu", *I7).out
    assert "1 rows against i7-12700k: median error" in text
    assert "MAPE" in text


def test_what_fails_is_said_and_the_rest_goes_on(run, folder: Path, probe) -> None:
    probe.failing = {"model"}
    found = run("graphperf", "measure", "model.py", "--device", "cpu", *I7, "--out", "rows.csv")
    assert found.code == 1
    assert "out of memory" in found.err
    assert not (folder / "rows.csv").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "no profile is named 'Some CPU'"),
        (("--hardware", "rtx-3090"), "rtx-3090 is a gpu"),
        ((*I7, "--mode", "cuda-graph"), "needs --device cuda"),
        ((*I7, "--mode", "ideal"), "cannot be measured"),
        ((*I7, "--set", "fold-bn"), "fold-bn cannot be measured; choose from channels_last, kept-pages"),
        ((*I7, "--clock", "cpu"), "needs --device cpu --threads 1"),
        ((*I7, "--precision", "fp16"), "computes in none of fp16"),
        ((*I7, "--untrusted"), "cannot be --untrusted"),
        (("--hardware", "./none.toml"), "no such file"),
        ((*I7, "--out", "model.py"), "the columns are not"),
    ],
)
def test_requests_that_cannot_be_carried_out(run, options: tuple[str, ...], message: str) -> None:
    found = run("graphperf", "measure", "model.py", "--device", "cpu", *options)
    assert found.code == 2
    assert message in found.err


def test_the_help_says_that_code_runs_unconfined(run) -> None:
    assert "WITHOUT the confinement" in run("graphperf", "measure", "--help").out


def test_a_calibrated_profile_loads_and_is_resumed(run, folder: Path, probe) -> None:
    done = run("graphperf", "calibrate", "--device", "cpu", "--out", "my_device.toml", "--quick")
    assert done.code == 0, done.err
    found = load_file(folder / "my_device.toml")
    assert (found.id, found.name, found.kind) == ("my-device", "Some CPU", "cpu")
    assert found.launch.eager_dispatch.grade == "M"
    assert found.launch.eager_dispatch.source.startswith("measured by graphperf calibrate, ")
    assert "power.static" in found.assumptions()
    assert "no energy counter" in done.out
    asked = len(probe.asked)
    assert asked > 50
    assert run("graphperf", "calibrate", "--device", "cpu", "--out", "my_device.toml", "--quick").code == 0
    assert len(probe.asked) == asked
    assert run("graphperf", "analyze", "model.py", "--hardware", "./my_device.toml").code == 0
    assert run("graphperf", "measure", "model.py", "--device", "cpu", "--hardware", "my_device.toml").code == 0


def slow_at_times(answer: float) -> Callable[[FakeProbe, dict], dict]:
    """Of three answers to the same request the second is five times slower."""
    asked: Counter[str] = Counter()

    def ask(_: FakeProbe, request: dict) -> dict:
        key = json.dumps(request)
        asked[key] += 1
        seconds = answer * (5 if asked[key] == 2 else 1) + 1e-5 * asked[key]
        found = {"median": seconds, "low": seconds, "high": seconds, "joules": None, "watts": None, "cleared": None}
        return {**found, "peak_bytes": None}

    return ask


def test_a_calibration_takes_the_middle_of_its_rounds(run, folder: Path, probe, monkeypatch) -> None:
    command = ("graphperf", "calibrate", "--device", "cpu", "--quick", "--out")
    monkeypatch.setattr(probe, "ask", slow_at_times(0.004))
    assert run(*command, "once.toml", "--rounds", "1").code == 0
    monkeypatch.setattr(probe, "ask", slow_at_times(0.004))
    assert run(*command, "thrice.toml", "--rounds", "3").code == 0
    once, thrice = (load_file(folder / f"{name}.toml").launch.eager_dispatch.value for name in ("once", "thrice"))
    assert once == pytest.approx(4010)
    assert thrice == pytest.approx(4030)
    lines = [(folder / f"{name}.measurements.csv").read_text().count("\n") - 1 for name in ("once", "thrice")]
    assert lines[1] == 3 * lines[0]
    assert run(*command, "once.toml", "--rounds", "3").code == 0
    assert (folder / "once.measurements.csv").read_text().count("\n") - 1 == lines[1]


def test_rows_are_the_middle_of_their_rounds(run, folder: Path, probe, monkeypatch) -> None:
    monkeypatch.setattr(probe, "ask", slow_at_times(0.002))
    command = ("graphperf", "measure", "model.py", "--device", "cpu", *I7, "--out", "rows.csv", "--format", "json")
    (row,) = run(*command, "--rounds", "3").json["rows"]
    assert row["measured"]["latency_ms"] == pytest.approx(2.03)
    assert [each.latency_ms for each in read_rows(folder / "rows.csv")] == pytest.approx([2.01, 10.02, 2.03])
    assert not row["from_file"]
    (again,) = run(*command, "--rounds", "3").json["rows"]
    assert (again["from_file"], again["measured"]["latency_ms"]) == (True, pytest.approx(2.03))


def test_rows_are_validated_on_the_profile_of_their_devices_name(run, folder: Path) -> None:
    command = (
        "graphperf",
        "measure",
        "model.py",
        "--device",
        "cpu",
        "--batch",
        "1,8",
        "--rounds",
        "2",
        "--out",
        "rows.csv",
    )
    assert run(*command, *I7).code == 0
    assert run(*command, *I7, "--set", "kept-pages").code == 0
    validate = ("graphperf", "validate", "--measured", "rows.csv", "--format", "json")
    unknown = run(*validate)
    assert unknown.code == 2
    assert "8 x no profile for Some CPU. Give one of that name with --hardware" in unknown.err
    assert run("graphperf", "calibrate", "--device", "cpu", "--out", "mine.toml", "--quick").code == 0
    rows = run(*validate, "--hardware", "./mine.toml").json["rows"]
    assert sorted((row["name"], row["device"], row["batch"], row["set"]) for row in rows) == [
        ("Net", "mine", 1, []), ("Net", "mine", 1, ["kept-pages"]), ("Net", "mine", 8, []), ("Net", "mine", 8, ["kept-pages"]),
    ]  # fmt: skip
    again = run(*command, "--hardware", "mine.toml", "--format", "json").json["rows"]
    predicted = {each["batch"]: each["predicted"]["latency_s"] for each in again}
    assert {row["batch"]: row["predicted"] for row in rows if not row["set"]} == pytest.approx(predicted)


def test_a_base_gives_what_is_not_measured(run, folder: Path) -> None:
    done = run("graphperf", "calibrate", "--device", "cpu", "--out", "mine.toml", "--quick", "--hardware", "i7-12700k")
    assert done.code == 0, done.err
    found, base = load_file(folder / "mine.toml"), profile("i7-12700k")
    assert found.power == base.power
    assert found.compute.units.si == 1
    assert found.launch.eager_dispatch != base.launch.eager_dispatch


def test_a_gpu_keeps_the_limits_of_its_base(run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MACHINE, "cuda", "13.2")
    done = run("graphperf", "calibrate", "--device", "cuda", "--out", "mine.toml", "--quick", "--hardware", "rtx-3090")
    assert done.code == 0, done.err
    found, base = load_file(folder / "mine.toml"), profile("rtx-3090")
    assert (found.kind, found.gpu) == ("gpu", base.gpu)
    assert found.launch.kernel_stream.value == 4000
    assert found.launch.kernel_stream.grade == "M"


def test_a_gpu_needs_a_base(run) -> None:
    found = run("graphperf", "calibrate", "--device", "cuda", "--out", "mine.toml")
    assert found.code == 2
    assert "--hardware BASE_ID" in found.err


def test_a_calibration_that_fails_in_part_says_so(run, probe) -> None:
    probe.failing = {"idle"}
    found = run("graphperf", "calibrate", "--device", "cpu", "--out", "mine.toml", "--quick")
    assert found.code == 1
    assert "not measured: idle" in found.err


@pytest.mark.slow
def test_a_small_model_really_runs(run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "Probe", Probe)
    (folder / "model.py").write_text((folder / "model.py").read_text().replace("8192", "64"))
    options = ("--device", "cpu", "--threads", "1", "--seconds", "0.2", "--out", "rows.csv")
    found = run("graphperf", "measure", "model.py", *I7, *options, "--format", "json")
    assert found.code == 0, found.err
    (row,) = read_rows(folder / "rows.csv")
    assert json.loads(found.out)["rows"][0]["cleared"]["bytes"] >= 0
    assert row.latency_low_ms is not None
    assert row.latency_high_ms is not None
    assert 0 < row.latency_low_ms <= row.latency_high_ms
