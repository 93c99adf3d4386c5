"""The text of a profile: what is written is what was meant."""

import sys

from graphperf.analysis.measurement.profile_file import as_toml, cpu_tables, figure, merged, without_empty
from graphperf.hardware_profiles import HardwareProfile, profile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def test_a_shipped_profile_survives_being_written() -> None:
    for name in ("i7-12700k", "rtx-3090"):
        device = profile(name)
        tables = without_empty(device.model_dump(mode="json"))
        assert HardwareProfile.model_validate(tomllib.loads(as_toml(tables))) == device


def test_texts_are_escaped() -> None:
    given = {"name": 'a "quoted" name', "note": "two\nlines", "launch": {"x": figure(2, "us", "a\\b", "M", "note")}}
    assert tomllib.loads(as_toml(given)) == given


def test_figures_are_replaced_whole_and_tables_are_merged() -> None:
    base = {"launch": {"a": figure(1, "us", "old", "A", "a note"), "b": figure(2, "us", "old", "A")}}
    found = merged(base, {"launch": {"a": figure(3, "us", "new", "M")}, "cpu": {"rates": {}}})
    assert found["launch"] == {"a": figure(3, "us", "new", "M"), "b": figure(2, "us", "old", "A")}
    assert base["launch"]["a"]["value"] == 1


def test_what_a_silent_system_does_not_say_is_assumed() -> None:
    tables = cpu_tables({"name": "Some CPU", "cores": 2})
    assert tables["memory"]["llc_size"]["source"].startswith("assumption:")
    assert cpu_tables({"name": "Some CPU", "cores": 2, "llc_bytes": 1 << 20})["memory"]["llc_size"]["grade"] == "D"
