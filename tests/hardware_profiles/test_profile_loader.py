import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import graphperf.hardware_profiles as package
from graphperf.hardware_profiles import (
    ProfileError,
    UnknownHardware,
    ids,
    load_file,
    loader,
    profile,
    profiles,
)

README = Path(__file__).parents[2] / "hardware_profiles" / "README.md"
EXAMPLE = re.findall(r"```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)[0]
Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory in place of the user's own."""
    directory = tmp_path / "config" / "hardware"
    directory.mkdir(parents=True)
    monkeypatch.setattr(loader, "user_directory", lambda: directory)
    return directory


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "extra" / "example-cpu.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write


def line_of(text: str, key: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(key))


def problems(path: Path) -> list[tuple[str, str, int | None]]:
    with pytest.raises(ProfileError) as caught:
        load_file(path)
    assert all(str(path) in line for line in str(caught.value).splitlines())
    return [(problem.field, problem.message, problem.line) for problem in caught.value.problems]


@pytest.mark.parametrize("name", ["h100-sxm5-80gb", "H100-SXM5-80GB", "h100_sxm5_80gb", " h100-sxm5-80gb "])
def test_spellings_of_an_id(name: str) -> None:
    assert profile(name).id == "h100-sxm5-80gb"


def test_a_profile_is_read_once() -> None:
    assert profile("rtx-3090") is profile("RTX_3090")


def test_an_unknown_id_says_what_was_meant_and_what_is_known() -> None:
    with pytest.raises(UnknownHardware) as caught:
        profile("a100")
    assert isinstance(caught.value, KeyError)
    assert caught.value.suggestions == ("a100-pcie-40gb", "a100-pcie-80gb", "a100-sxm4-40gb", "a100-sxm4-80gb")
    assert str(caught.value) == f"unknown hardware 'a100'; did you mean {' or '.join(caught.value.suggestions)}?"
    assert caught.value.known == ids()
    with pytest.raises(UnknownHardware, match="did you mean rtx-3090"):
        profile("rtx-3080")


def test_nothing_near_is_not_suggested() -> None:
    with pytest.raises(UnknownHardware, match=r"unknown hardware 'zzz'\. Known: ") as caught:
        profile("zzz")
    assert all(name in str(caught.value) for name in ids())


def test_the_example_of_the_readme_loads(write: Write) -> None:
    device = load_file(write(EXAMPLE))
    assert device.id == "example-cpu"
    assert device.compute.matrix == {}


def test_extra_directories_are_searched(write: Write) -> None:
    extra = [write(EXAMPLE).parent]
    assert profile("example_cpu", extra=extra).name == "Example CPU"
    assert "example-cpu" in ids(extra)
    assert [device.id for device in profiles(extra) if "@" not in device.id] == list(ids(extra))
    assert "example-cpu" not in ids()


def test_the_users_directory_is_searched_and_extra_overrides_it(user: Path, write: Write) -> None:
    (user / "Example_CPU.toml").write_text(EXAMPLE.replace("Example CPU", "Mine"), "utf-8")
    assert profile("example-cpu").name == "Mine"
    assert profile("example-cpu", extra=[write(EXAMPLE).parent]).name == "Example CPU"


def test_a_changed_file_is_read_again(write: Write) -> None:
    extra = [write(EXAMPLE).parent]
    assert profile("example-cpu", extra).name == "Example CPU"
    write(EXAMPLE.replace("Example CPU", "Example CPU, second stepping"))
    assert profile("example-cpu", extra).name == "Example CPU, second stepping"


def test_listing_ids_opens_no_file(user: Path) -> None:
    (user / "broken.toml").write_text("this is = = not TOML", "utf-8")
    assert "broken" in ids()
    with pytest.raises(ProfileError, match=r"broken\.toml"):
        profiles()


def test_a_missing_extra_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="nowhere: not a directory"):
        ids([tmp_path / "nowhere"])


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ('unit = "GB/s"', 'unit = "GBps"', "memory.dram_bandwidth.unit", "unknown unit 'GBps'; did you mean"),
        ('unit = "GB/s"', 'unit = "W"', "memory.dram_bandwidth", "unit 'W' is not a multiple of B/s"),
        ("value = 0.6", "value = 60", "efficiency.matrix", "60.0 is not a fraction of a peak"),
        ('value = 65, unit = "W", ', 'value = "65", unit = "W", ', "power.tdp.value", "valid number"),
        ('kind = "cpu"', 'kind = "fpga"', "kind", "'gpu', 'cpu'"),
        ("vector.fp32 = { value = 1.02", "vector.fp23 = { value = 1.02", "compute.vector.fp23", "did you mean"),
        ("vector.fp32 = { value = 1.02", "vector.float = { value = 1.02", "compute.vector.float", "is spelled fp32"),
        ("dram_size", "dram_sise", "memory.dram_sise", "unknown field"),
        ("dram_size", "dram_sise", "memory.dram_size", "missing"),
        ('id = "example-cpu"', 'id = "other"', "id", "'other' differs from the file's name 'example-cpu'"),
    ],
)
def test_a_malformed_profile_names_file_line_and_field(
    write: Write, old: str, new: str, field: str, message: str
) -> None:
    text = EXAMPLE.replace(old, new, 1)
    found = {name: (what, line) for name, what, line in problems(write(text))}
    what, line = found[field]
    assert message in what
    if what != "missing":
        assert line == next(number for number, row in enumerate(text.splitlines(), 1) if new in row)


def test_a_missing_table_and_a_missing_field_of_a_table(write: Write) -> None:
    text = re.sub(r"\[power\].*?\n\n", "", EXAMPLE, flags=re.DOTALL).replace("llc_size", "# llc_size")
    assert problems(write(text)) == [
        ("memory.llc_size", "missing", line_of(text, "[memory]")),
        ("power", "missing", None),
    ]


def test_a_kind_needs_its_table(write: Write) -> None:
    ((field, message, _),) = problems(write(EXAMPLE.replace('kind = "cpu"', 'kind = "gpu"')))
    assert field == ""
    assert "[gpu] table" in message


def test_a_syntax_error_has_its_line(write: Write) -> None:
    ((_, message, line),) = problems(write('id = "example-cpu"\nname = \n'))
    assert line == 2
    assert "Invalid value" in message


def test_files_that_cannot_be_read(write: Write, tmp_path: Path) -> None:
    path = write(EXAMPLE)
    path.write_bytes(b"\xff\xfe")
    assert problems(path)[0][1].startswith("not UTF-8")
    assert problems(tmp_path / "absent.toml")[0][1] == "No such file or directory"


@pytest.mark.parametrize("then", ["", "; p.ids()", "; p.Precision.parse('half')"])
def test_importing_the_package_and_listing_ids_stays_without_pydantic(then: str) -> None:
    code = f"import sys, graphperf.hardware_profiles as p{then}; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_public_name_resolves() -> None:
    assert all(getattr(package, name) is not None for name in package.__all__)
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("h101", "h100-pcie-80gb or h100-sxm5-80gb"),
        ("v10", "v100-pcie-32gb or v100-sxm2-16gb"),
        ("tpuv4", "tpu-v4"),
        ("gtx-2080-ti", "gtx-1080-ti or rtx-2080-ti"),
    ],
)
def test_a_short_or_mistyped_id_is_understood(word: str, meant: str) -> None:
    with pytest.raises(UnknownHardware, match=f"did you mean {meant}"):
        profile(word)


def test_a_path_is_a_name(write: Write, tmp_path: Path) -> None:
    path = write(EXAMPLE)
    assert profile(str(path)) == load_file(path)
    with pytest.raises(ProfileError, match="no such file"):
        profile(str(tmp_path / "none.toml"))
