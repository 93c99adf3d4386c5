import re
from collections.abc import Callable
from pathlib import Path

import pytest

from graphperf.hardware_profiles import ProfileError, UnknownHardware, ids, load_file, loader, profile, profiles

README = Path(__file__).parents[2] / "hardware_profiles" / "README.md"
EXAMPLE = re.findall(r"```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)[0]
ECO = """
[variant.eco]
note = "half the clock"
compute.clock = { value = 2.0, unit = "GHz", source = "vendor page, 2026-01", grade = "B" }
compute.vector.fp32 = { value = 0.51, unit = "TFLOP/s", source = "derived: 8 * 32 FLOP/clk * 2.0 GHz", grade = "D" }

[variant.eco.power]
tdp = { value = 35, unit = "W", source = "vendor page, 2026-01", grade = "A" }
"""
Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory in place of the user's own."""
    directory = tmp_path / "config" / "hardware"
    directory.mkdir(parents=True)
    monkeypatch.setattr(loader, "user_directory", lambda: directory)
    return directory


@pytest.fixture
def write(user: Path) -> Write:
    def write(text: str) -> Path:
        path = user / "example-cpu.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def problem(path: Path) -> tuple[str, str, int | None]:
    with pytest.raises(ProfileError) as caught:
        load_file(path)
    (found,) = caught.value.problems
    return found.field, found.message, found.line


def test_a_variant_is_the_device_with_what_it_changes(write: Write) -> None:
    write(EXAMPLE + ECO)
    base, eco = profile("example-cpu"), profile("Example_CPU@ECO")
    assert (eco.id, eco.name, eco.note) == ("example-cpu@eco", "Example CPU, eco", "half the clock")
    assert (eco.compute.clock.si, eco.power.tdp.si) == (2e9, 35)
    assert eco.power.static == base.power.static
    assert eco.memory == base.memory
    assert eco.compute.units == base.compute.units
    assert (base.variants, eco.variants) == (("eco",), ())
    assert base.compute.clock.si == 4e9


def test_a_figure_is_replaced_with_its_source(write: Write) -> None:
    write(EXAMPLE + ECO)
    assert profile("example-cpu@eco").compute.clock.grade == "B"
    text = EXAMPLE + "[variant.eco]\ncompute.clock = { value = 2.0 }\n"
    with pytest.raises(ProfileError) as caught:
        load_file(write(text))
    missing = [found.field for found in caught.value.problems]
    assert missing == [f"variant.eco.compute.clock.{field}" for field in ("unit", "source", "grade")]


def test_variants_are_listed_with_the_profiles_and_not_with_the_ids(write: Write) -> None:
    write(EXAMPLE + ECO)
    listed = [device.id for device in profiles()]
    assert listed[listed.index("example-cpu") + 1] == "example-cpu@eco"
    assert "example-cpu@eco" not in ids()


def test_an_unknown_variant_names_those_of_the_device(write: Write) -> None:
    write(EXAMPLE + ECO)
    with pytest.raises(UnknownHardware, match="did you mean example-cpu@eco") as caught:
        profile("example-cpu@ecco")
    assert "example-cpu@eco" in caught.value.known
    with pytest.raises(UnknownHardware, match="unknown hardware 'nothing@eco'"):
        profile("nothing@eco")


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        (
            'value = 35, unit = "W"',
            'value = 35, unit = "GB"',
            "variant.eco.power.tdp",
            "unit 'GB' is not a multiple of W",
        ),
        ('2.0, unit = "GHz"', '2.0, unit = "Ghz"', "variant.eco.compute.clock.unit", "did you mean GHz"),
        ("compute.vector.fp32", "compute.vector.fp23", "variant.eco.compute.vector.fp23", "did you mean"),
        ("compute.clock", "compute.clok", "variant.eco.compute.clok", "unknown field"),
        ('note = "half the clock"', 'id = "other"', "variant.eco.id", "a variant cannot change this"),
        ('note = "half the clock"', 'kind = "gpu"', "variant.eco.kind", "a variant cannot change this"),
    ],
)
def test_a_malformed_variant_names_line_and_field(write: Write, old: str, new: str, field: str, message: str) -> None:
    text = EXAMPLE + ECO.replace(old, new)
    found, what, line = problem(write(text))
    assert (found, line) == (field, next(n for n, row in enumerate(text.splitlines(), 1) if new in row))
    assert message in what


def test_what_is_no_variant(write: Write) -> None:
    assert problem(write('variant = "eco"\n' + EXAMPLE)) == ("variant", "not a table", 1)
    assert problem(write(EXAMPLE + "[variant]\neco = 35\n"))[:2] == ("variant.eco", "not a table")
    assert problem(write('variants = ["eco"]\n' + EXAMPLE))[0::2] == ("variants", 1)
    found, what, line = problem(write(EXAMPLE + "[variant.Eco]\n"))
    assert (found, line) == ("variant.Eco.id", len(EXAMPLE.splitlines()) + 1)
    assert "match pattern" in what
