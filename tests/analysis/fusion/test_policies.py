"""The rules as data: complete, known to the programme, and meant where they can run."""

from typing import get_args

import pytest

from graphperf.analysis.costs import Family
from graphperf.analysis.discovery import UsageError
from graphperf.analysis.fusion import MODES, modes_of, modes_on, policy_for
from graphperf.analysis.numerics import parse_numerics
from graphperf.analysis.report.json_report import assumptions
from graphperf.analysis.settings import Options
from graphperf.hardware_profiles import profile
from graphperf.hardware_profiles.schema import KINDS


@pytest.mark.parametrize(("mode", "kind"), [(mode, kind) for kind in KINDS for mode in modes_of(kind)])
def test_rules_name_known_families_and_their_source(mode, kind) -> None:
    policy = policy_for(mode, kind)
    families = {*policy.fused, *policy.alone, *policy.epilogue, *policy.prologue, *policy.inlined, *policy.last}
    assert families <= {*get_args(Family), "window"}
    assert ("window" in policy.fused) == (policy.window is not None)
    assert not policy.fused & policy.alone
    assert policy.epilogue | policy.prologue | policy.inlined | policy.last <= policy.fused
    assert policy.source
    assert policy.dispatch in ("operator", "wrapper", "program", "none")


@pytest.mark.parametrize(("mode", "kind"), [(mode, kind) for kind in KINDS for mode in modes_of(kind)])
def test_rules_of_attention_name_layouts_and_precisions(mode, kind) -> None:
    policy = policy_for(mode, kind)
    assert {layout for layouts in policy.attention.values() for layout in layouts} <= {
        "plain",
        "copied",
        "moved",
        "any",
    }
    assert {parse_numerics(name).value for name in policy.attention_in} == policy.attention_in
    assert bool(policy.attention) == bool(policy.attention_in)


def test_which_modes_a_device_has() -> None:
    assert modes_of("gpu") == ("eager", "compiled", "ideal", "tensorrt")
    assert modes_on(profile("h100-sxm5-80gb")) == modes_of("gpu")
    assert modes_on(profile("mi300x")) == ("eager", "compiled", "ideal")
    assert modes_of("cpu") == ("eager", "compiled", "ideal")
    assert modes_of("tpu") == ("eager", "compiled", "ideal", "xla")
    assert modes_of("kpu") == modes_of("npu") == ("eager", "compiled", "ideal", "kpu")
    assert {mode for kind in KINDS for mode in modes_of(kind)} == set(MODES)


def test_an_accelerator_runs_what_its_compiler_makes() -> None:
    assert policy_for("eager", "tpu") is policy_for("compiled", "tpu") is policy_for("xla")
    assert policy_for("eager", "npu") is policy_for("kpu", "kpu")
    assert policy_for("compiled", "gpu") is not policy_for("compiled", "cpu")


def test_a_mode_of_another_kind_of_device_is_refused() -> None:
    with pytest.raises(UsageError, match="tensorrt is no mode of i7-12700k, a cpu; choose from eager, compiled, ideal"):
        Options(("i7-12700k",), mode="tensorrt").devices()
    with pytest.raises(UsageError, match="xla is no mode of h100-sxm5-80gb, a gpu"):
        Options(mode="xla").devices()
    assert Options(mode="tensorrt").devices()


def test_reports_say_which_rules_are_assumed(zoo) -> None:
    assert any("TensorRT" in text for text in assumptions(zoo.evaluation("resnet18", "tensorrt")))
    assert not any("kernels by" in text for text in assumptions(zoo.evaluation("resnet18", "compiled")))
