from collections.abc import Callable

import pytest

from graphperf.hardware_profiles import ids, profiles


def test_the_catalogue(run: Callable) -> None:
    done = run("graphperf", "hardware")
    assert (done.code, done.err) == (0, "")
    listed = [line.split()[0] for line in done.out.splitlines()]
    assert listed == ["id", *(device.id for device in profiles())]
    assert set(listed) > {*ids(), "jetson-agx-orin-64gb@15w", "tpu-v4", "kpu-t64", "coral-edge-tpu"}
    assert max(len(line) for line in done.out.splitlines()) <= 140
    h100 = next(line for line in done.out.splitlines() if line.startswith("h100-sxm5-80gb"))
    assert h100.split()[1:] == [*"gpu NVIDIA hopper 66.9 989 1979 80 GB 3.35 TB/s 700 W D".split()]
    as_json = run("graphperf", "hardware", "--format", "json")
    assert [device["id"] for device in as_json.json] == [device.id for device in profiles()]


@pytest.mark.parametrize("name", ["h100-sxm5-80gb", "H100_SXM5_80GB"])
def test_one_device_with_every_source(run: Callable, name: str) -> None:
    done = run("graphperf", "hardware", name)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("NVIDIA H100 SXM5 80GB (h100-sxm5-80gb): NVIDIA, Hopper GH100\n")
    row = next(line for line in done.out.splitlines() if line.startswith("memory.dram_bandwidth"))
    assert "3350 GB/s" in row
    assert "datasheet" in row
    assert "grades: A vendor text" in done.out
    assert "of them assumed" in done.out
    assumed = next(line for line in done.out.splitlines() if line.startswith("launch.eager_dispatch"))
    assert "D *" in assumed
    assert "maximum boost" in done.out  # the note of a figure
    assert run("graphperf", "hardware", name, "--format", "json").json["compute"]["units"]["value"] == 132


def test_a_device_says_its_power_modes_and_a_mode_is_a_device(run: Callable) -> None:
    done = run("graphperf", "hardware", "jetson-agx-orin-64gb")
    assert "power modes: jetson-agx-orin-64gb@15w, " in done.out
    mode = run("graphperf", "hardware", "jetson-agx-orin-64gb@15w")
    assert mode.out.startswith("NVIDIA Jetson AGX Orin 64GB, 15 W (jetson-agx-orin-64gb@15w)")
    assert "power modes" not in mode.out
    assert "408 MHz" in mode.out
    unknown = run("graphperf", "hardware", "jetson-agx-orin-64gb@20w")
    assert (unknown.code, unknown.out) == (2, "")
    assert "did you mean jetson-agx-orin-64gb@" in unknown.err


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (["--kind", "npu"], {"coral-edge-tpu", "hailo-8", "snapdragon-x-elite-hexagon"}),
        (["--vendor", "amd", "--kind", "gpu"], {"mi100", "mi210", "mi250", "mi250x", "mi300x"}),
        (["--family", "Pascal", "--min-memory", "12GB"], {"p100-pcie-16gb", "titan-xp"}),
        (["--precision", "fp4", "--max-power", "600W"], {"rtx-5090", "rtx-pro-6000-max-q", "jetson-thor-t5000"}),
        (["--precision", "amp-bf16", "--family", "turing"], set()),
        (["--search", "GeForce 40"], {"rtx-4070", "rtx-4090"}),
    ],
)
def test_filters(run: Callable, filters: list[str], wanted: set[str]) -> None:
    done = run("graphperf", "hardware", *filters)
    listed = {line.split()[0] for line in done.out.splitlines()[1:] if "@" not in line.split()[0]}
    assert listed >= wanted if "npu" in filters else listed == wanted
    assert done.code == (0 if wanted else 1)
    assert done.err == ("" if wanted else "no device has all of that\n")
    as_json = run("graphperf", "hardware", *filters, "--format", "json")
    assert {device["id"].split("@")[0] for device in as_json.json} == listed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vendor", "nvdia"], "--vendor: no device is of 'nvdia'; did you mean NVIDIA?"),
        (["--family", "xyz"], "--family: no device is of 'xyz', choose from ada, "),
        (["--precision", "fp61"], "unknown precision 'fp61'; did you mean "),
        (["--min-memory", "much"], "--min-memory: "),
        (["h100-sxm5-80gb", "--max-power", "75W"], "--max-power is for the list of devices, not for one"),
    ],
)
def test_filters_that_make_no_sense(run: Callable, arguments: list[str], message: str) -> None:
    done = run("graphperf", "hardware", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")


def test_an_npu_says_what_runs_on_it_and_who_runs_the_rest(run: Callable) -> None:
    done = run("graphperf", "hardware", "coral-edge-tpu")
    assert "runs: conv1d, conv2d, " in done.out
    assert "source: Google, TensorFlow models on the Edge TPU" in done.out
    assert "the rest: host CPU" in done.out
    assert "npu.fallback.rate" in done.out
    assert "matrix unit: AMX" in run("graphperf", "hardware", "xeon-8490h").out


def test_an_unknown_device(run: Callable) -> None:
    done = run("graphperf", "hardware", "a100")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: unknown hardware 'a100'; did you mean a100-pcie-40gb or a100-pcie-80gb or ")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["graphperf", "graphperf-lint"])
def test_help_and_version(run: Callable, command: str) -> None:
    assert run(command, "--help").code == 0
    assert run(command, "-h").out.startswith("Usage: ")
    assert run(command, "--version").out.split()[-1][0].isdigit()
