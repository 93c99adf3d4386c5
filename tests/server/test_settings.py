import sys
from dataclasses import replace
from pathlib import Path

import pytest

import graphperf.hardware_profiles as package
from graphperf.analysis.finding import Finding, Severity
from graphperf.analysis.modes import DEFAULT_HARDWARE
from graphperf.analysis.numerics import Autocast
from graphperf.analysis.settings import Options
from graphperf.server.settings import EVERYTHING, Settings
from graphperf.server.settings_layers import WorkspaceSettings, project_layer, read_settings


def test_the_defaults_are_those_of_the_engine():
    settings, complaints = read_settings([None, {}, {"graphperf": None}])
    assert settings.options() == Options()
    assert complaints == ()


def test_autocast_is_a_precision():
    settings, complaints = read_settings([{"precision": "amp_bf16"}])
    assert (settings.precision, settings.options().precision, complaints) == ("amp-bf16", Autocast.BF16, ())
    settings, complaints = read_settings([{"precision": "amp", "hardware": "i7-12700k"}])
    assert (settings.precision, len(complaints)) == ("fp32", 1)


def test_later_layers_go_first_and_null_means_not_set():
    layers = [{"mode": "ideal", "batch": 2}, {"mode": "compiled", "batch": None}]
    settings, _ = read_settings(layers)
    assert (settings.mode, settings.batch) == ("compiled", 2)


@pytest.mark.parametrize("name", ["captureSeconds", "capture_seconds"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_camel_and_snake_case_with_and_without_the_section(name, wrapped):
    given = {name: 5}
    settings, complaints = read_settings([{"captureSeconds": 7}, {"graphperf": given} if wrapped else given])
    assert settings.options().seconds == 5.0
    assert complaints == ()


def test_hardware_as_a_list_or_a_text():
    for value in (["a100-sxm4-80gb", "h100-sxm5-80gb", "a100-sxm4-80gb"], "a100-sxm4-80gb, h100-sxm5-80gb"):
        settings, complaints = read_settings([{"hardware": value}])
        assert settings.hardware == ("a100-sxm4-80gb", "h100-sxm5-80gb")
        assert complaints == ()


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("hardware", ["a100-sxm4-80g"], "a100-sxm4-80gb"),
        ("hardware", [], "at least 1"),
        ("hardware", 5, "tuple"),
        ("precision", "fp17", "fp16"),
        ("mode", "compield", "did you mean compiled?"),
        ("batch", 0, "at least 1"),
        ("batch", "many", "integer"),
        ("captureSeconds", -1, "greater than 0"),
        ("captureMemoryGb", 0, "greater than 0"),
    ],
)
def test_what_cannot_be_used_is_told_and_falls_back(name, value, part):
    settings, complaints = read_settings([{name: value, "mode": "ideal"} if name != "mode" else {name: value}])
    expected = Settings(mode="ideal") if name != "mode" else Settings()
    assert settings == expected
    (complaint,) = complaints
    assert complaint.startswith(f"The setting graphperf.{name} cannot be used: ")
    assert part in complaint


def test_a_precision_that_the_device_does_not_compute_in():
    settings, complaints = read_settings([{"hardware": ["i7-12700k"], "precision": "fp8"}])
    settings.options()
    assert len(complaints) == 1
    assert "i7-12700k does not compute in fp8" in complaints[0]


def test_unknown_settings_and_shapes_are_ignored():
    settings, complaints = read_settings(
        [["hardware"], "x", {"trace": {"server": "off"}, "hardware": [DEFAULT_HARDWARE]}]
    )
    assert settings == Settings()
    assert complaints == ()


def test_the_interpreter():
    assert read_settings([{"interpreter": ""}])[0].interpreter is None
    assert read_settings([{"interpreter": sys.executable}])[0].options().python == sys.executable
    assert read_settings([{"interpreter": "~/python"}])[0].interpreter == str(Path.home() / "python")


@pytest.mark.parametrize(
    ("layers", "trusted"),
    [
        ([None, {}], True),
        ([{"trusted": True}, {"trusted": True}], True),
        ([{"trusted": False}, {"trusted": True}], False),
        ([{"trusted": True}, {"graphperf": {"trusted": False}}], False),
        ([{"trusted": "true"}], False),
        ([{"trusted": None}], True),
    ],
)
def test_a_later_layer_cannot_give_the_trust_that_an_earlier_one_denies(layers, trusted):
    settings, complaints = read_settings(layers)
    assert settings.options().trusted is trusted
    assert complaints == ()


def test_the_limits_of_a_capture():
    options = read_settings([{"captureSeconds": 5, "captureMemoryGb": 2.5}])[0].options()
    assert (options.seconds, options.memory_gb) == (5.0, 2.5)


def test_a_device_of_the_workspace_can_be_chosen(tmp_path):
    devices = tmp_path / "boards"
    devices.mkdir()
    text = (Path(package.__file__).parent / "devices" / "i7-12700k.toml").read_text("utf-8")
    (devices / "my-cpu.toml").write_text(text.replace('id = "i7-12700k"', 'id = "my-cpu"'), "utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.graphperf]\nhardware-path = "boards"\n', "utf-8")
    settings, complaints = read_settings([{"hardware": "my-cpu"}], [tmp_path])
    assert (settings.hardware, complaints) == (("my-cpu",), ())
    assert [device.id for device in settings.options().devices()] == ["my-cpu"]
    _, complaints = read_settings([{"hardware": "my-cpu"}])
    assert "unknown hardware 'my-cpu'" in complaints[0]


def test_a_workspace_that_names_no_folder_is_told(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.graphperf]\nhardware-path = "absent"\n', "utf-8")
    settings, complaints = read_settings([{"hardwarePaths": ["x"], "precision": "fp16"}], [tmp_path])
    assert settings.options() == Options(precision=settings.options().precision)
    assert complaints == (f"{tmp_path / 'pyproject.toml'}: [tool.graphperf] hardware-path: absent is not a folder.",)


def test_groups_are_merged_setting_by_setting():
    layers = [{"inlayHints": {"maxLength": 40, "shapes": False}}, {"inlay_hints": {"maxLength": None, "shapes": True}}]
    settings, complaints = read_settings([*layers, {"codeLens": {"enabled": False}, "share": "energy"}])
    assert complaints == ()
    assert (settings.inlay_hints.max_length, settings.inlay_hints.shapes) == (40, True)
    assert (settings.code_lens.enabled, settings.share) == (False, "energy")
    style = settings.hint_style()
    assert (style.most_characters, style.shapes, style.quantity) == (40, True, "energy")


@pytest.mark.parametrize(("given", "share"), [(True, 0.01), (False, 0.0), (0.05, 0.05)])
def test_hot_lines_only(given, share):
    assert read_settings([{"inlayHints": {"hotOnly": given}}])[0].hint_style().least_share == share


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"inlayHints": {"maxLength": -1, "shapes": False}}, "inlayHints.maxLength"),
        ({"inlayHints": {"hotOnly": "much", "shapes": False}}, "inlayHints.hotOnly"),
        ({"inlayHints": {"enabled": "perhaps", "shapes": False}}, "inlayHints.enabled"),
        ({"codeLens": {"enabled": []}, "inlayHints": {"shapes": False}}, "codeLens.enabled"),
        ({"codeLens": 5, "inlayHints": {"shapes": False}}, "codeLens"),
        ({"share": "edpp", "inlayHints": {"shapes": False}}, "share"),
    ],
)
def test_only_the_wrong_one_of_a_group_falls_back(given, name):
    settings, (complaint,) = read_settings([given])
    assert settings == read_settings([{"inlayHints": {"shapes": False}}])[0]
    assert complaint.startswith(f"The setting graphperf.{name} cannot be used: ")


def test_projects_stand_between_initialization_options_and_configuration(tmp_path):
    text = '[tool.graphperf]\nhardware = "a100-sxm4-80gb"\nprecision = "fp16"\nmode = "compiled"\ntrusted = false\n'
    text += '[tool.graphperf.lint]\nignore = ["GP1"]\n'
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    layers = [{"precision": "bf16", "batch": 2}, project_layer(tmp_path), {"mode": "ideal"}]
    settings, complaints = read_settings(layers, [tmp_path])
    assert complaints == ()
    assert (settings.hardware, settings.precision, settings.rules.ignore) == (("a100-sxm4-80gb",), "fp16", ("GP1",))
    assert (settings.mode, settings.batch, settings.trusted) == ("ideal", 2, True)


def finding(code, severity: Severity = "warning", file="m.py"):
    return Finding(code, "costly", file, 1, severity, "Net")


CRITERIA = """
[tool.graphperf.lint]
extend-select = ["GP101"]
select = ["GP2", "GP9"]
severity = "warning"
GP101 = {least-share = 0.5}
per-file-ignores = {"tests/*" = ["GP2"]}
[tool.graphperf.budgets]
"m.py::Net" = {latency = "2 ms@h100-sxm5-80gb"}
"""


def asked_by(folder, text, *layers):
    (folder / "pyproject.toml").write_text(text, "utf-8")
    return read_settings([project_layer(folder), *layers], [folder], folder)


def test_a_project_is_judged_by_its_criteria(tmp_path):
    settings, complaints = asked_by(tmp_path, CRITERIA)
    chosen = settings.judged_by()
    assert complaints == ()
    assert [code for code in ("GP101", "GP102", "GP203", "GP901") if chosen.selects(finding(code))] == [
        "GP101", "GP203", "GP901",
    ]  # fmt: skip
    assert not chosen.selects(finding("GP203", file="/a/tests/m.py"))
    assert not chosen.selects(finding("GP203", "hint"))
    assert (chosen.limits, list(chosen.budgets), chosen.root) == (
        {"GP101": {"least_share": 0.5}}, ["m.py::Net"], tmp_path,
    )  # fmt: skip
    settings, _ = asked_by(tmp_path, CRITERIA, {"rules": {"select": ["GP3"]}})
    assert (settings.judged_by().select, list(settings.judged_by().budgets)) == (("GP3",), ["m.py::Net"])


def test_hints_are_reported_where_the_project_does_not_say(tmp_path):
    settings, complaints = asked_by(tmp_path, '[tool.graphperf.lint]\nignore = ["GP1"]\n')
    assert (settings.judged_by().selects(finding("GP203", "hint")), complaints) == (True, ())


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('lint = {selct = ["GP1"]}', "did you mean select?"),
        ("lint = {GP999 = {most = 1}}", "GP999 is no rule"),
        ('lint = {baseline = "absent.json"}', "cannot be read"),
        ('budgets = {"m.py::Net" = {latency = "2 m"}}', '"2 ms"'),
        ('budgets = {"m.py::Net" = {latency = "2 ms@h101"}}', "h101"),
    ],
)
def test_criteria_that_cannot_be_used_are_told_and_not_used(tmp_path, text, part):
    settings, (complaint,) = asked_by(tmp_path, f'[tool.graphperf]\nprecision = "fp16"\n{text}\n')
    assert complaint.startswith("Not everything that the project asks of its models can be used: ")
    assert part in complaint
    assert (replace(settings.judged_by(), root=Path()), settings.precision) == (EVERYTHING, "fp16")


def test_rules_are_chosen_by_the_beginnings_of_their_codes():
    usual = read_settings([])[0].judged_by()
    assert usual.selects(finding("GP101"))
    settings, complaints = read_settings([{"rules": {"select": ["GP1", "GP203"], "ignore": ["GP101"]}}])
    chosen = settings.judged_by()
    assert [code for code in ("GP101", "GP102", "GP203", "GP901") if chosen.selects(finding(code))] == [
        "GP102",
        "GP203",
    ]
    assert complaints == ()
    _, complaints = read_settings([{"rules": {"ignore": ["E501"]}}])
    assert "GP101" in complaints[0]


def test_a_file_has_the_settings_of_the_innermost_folder():
    outer, inner = Settings(batch=2), Settings(batch=3, interpreter="python")
    settings = WorkspaceSettings(Settings(), {Path("/a"): outer, Path("/a/b/c"): inner})
    assert settings.of(Path("/a/b/c/d/m.py")) is inner
    assert settings.of(Path("/a/b/cc/m.py")) is outer
    assert settings.of(Path("/b/m.py")) is settings.elsewhere
    assert settings.processes == {(None, True), ("python", True)}
