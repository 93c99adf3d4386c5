from collections.abc import Callable

import pytest

from graphperf.hardware_profiles import ids


def test_the_catalogue(run: Callable) -> None:
    done = run("graphperf", "hardware")
    assert (done.code, done.err) == (0, "")
    listed = [line.split()[0] for line in done.out.splitlines()]
    assert listed == ["id", *ids()]
    assert "NVIDIA H100 SXM5 80GB" in done.out
    as_json = run("graphperf", "hardware", "--format", "json")
    assert [device["id"] for device in as_json.json] == list(ids())


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


def test_an_unknown_device(run: Callable) -> None:
    done = run("graphperf", "hardware", "a100")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: unknown hardware 'a100'; did you mean a100-sxm4-80gb")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["graphperf", "graphperf-lint"])
def test_help_and_version(run: Callable, command: str) -> None:
    assert run(command, "--help").code == 0
    assert run(command, "-h").out.startswith("Usage: ")
    assert run(command, "--version").out.split()[-1][0].isdigit()
