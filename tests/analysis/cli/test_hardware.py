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
    assert "NVIDIA H100 SXM5 80GB" in done.out
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
    assert done.err.startswith("error: unknown hardware 'a100'; did you mean a100-sxm4-40gb or a100-sxm4-80gb")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["graphperf", "graphperf-lint"])
def test_help_and_version(run: Callable, command: str) -> None:
    assert run(command, "--help").code == 0
    assert run(command, "-h").out.startswith("Usage: ")
    assert run(command, "--version").out.split()[-1][0].isdigit()
