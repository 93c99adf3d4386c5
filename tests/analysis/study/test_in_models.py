"""Rows of operators within models: what they are by their names and shapes, and what their harness adds."""

from pathlib import Path

import pytest

from graphperf.analysis.study.measured.harness import without_floor
from graphperf.analysis.study.measured.predict import Ready, predicted, ready
from graphperf.analysis.study.measured.tables import read_cases
from graphperf.hardware_profiles import Precision, profile

# Latencies are made up: a product at 30 TFLOP/s, an addition at 1.25 TB/s.
ROWS = """source,model,fxop,target,name,device,input_shapes,output_shape,dtype,fw_latency_ms,bw_latency_ms
neusight-label,net,call_method,size,size,AMD_Instinct_MI250,"[[8, 128, 1024]]","(1,)",,0.006,0
neusight-label,net,call_function,<built-in method addmm of type object at 0x7f>,a,AMD_Instinct_MI250,"[[4096], [8192, 1024], [1024, 4096]]","(8192, 4096)",torch.float32,2.3,0
neusight-label,net,call_module,layer.0.attention.self.query,b,AMD_Instinct_MI250,"[[8, 1024, 1024]]","(8, 1024, 1024)",torch.float32,0.58,0
neusight-label,net,call_module,layer.0.output.LayerNorm,c,AMD_Instinct_MI250,"[[16, 2048, 2048]]","(16, 2048, 2048)",torch.float32,0.65,0
neusight-label,net,call_function,<built-in method bmm of type object at 0x7f>,d,AMD_Instinct_MI250,"[[64, 2048, 64], [64, 64, 2048]]","(64, 2048, 2048)",torch.float32,1.6,0
neusight-label,net,call_function,<built-in function add>,e,AMD_Instinct_MI250,"[[8192, 4096], [8192, 4096]]","(8192, 4096)",torch.float32,0.32,0
neusight-label,net,call_function,<built-in function add>,f,AMD_Instinct_MI250,"[[8192, 4096], [1]]","(8192, 4096)",torch.float32,0.21,0
neusight-label,net,call_function,<built-in function add>,g,AMD_Instinct_MI250,"[[8192, 4096], [1, 4096]]","(8192, 4096)",torch.float32,0.2,0
neusight-label,net,call_function,<built-in function add>,h,AMD_Instinct_MI250,"[[8192, 4096], [8192, 4096]]","(8192, 4096)",torch.int64,0.2,0
neusight-label,net,call_function,<function softmax at 0x7f>,i,Abacus,"[[8, 16, 512, 512]]","(8, 16, 512, 512)",torch.float32,0.2,0
"""  # noqa: E501


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "in_models.csv"
    path.write_text(ROWS)
    return path


def test_rows_are_operators_by_name_and_shape(table: Path) -> None:
    cases, left = read_cases([table])
    assert [(case.name, [int(size) for _, size in case.shape]) for case in cases] == [
        ("linear", [1, 8192, 1024, 4096]), ("linear", [1, 8192, 1024, 1024]), ("ln", [32768, 2048]),
        ("bmm", [64, 2048, 64, 2048]), ("add", [8192, 4096]), ("addu", [8192, 4096]),
    ]  # fmt: skip
    assert {case.device for case in cases} == {"mi250"}
    assert {case.numerics for case in cases} == {Precision.FP32}
    assert dict(left) == {
        "operators within models that are views, of integers, or not known": 2,
        "operators within models whose shapes do not tell what they do": 1, "no profile for Abacus": 1,
    }  # fmt: skip


def test_what_the_harness_adds_is_taken_off(table: Path) -> None:
    cases, _ = read_cases([table])
    kept, short = without_floor(cases)
    # What is not twice as long as the least row of its operator is left out: that one may have waited for the host.
    assert [(case.name, case.measured) for case in kept] == [("linear", pytest.approx(2.3e-3 - 6.1e-6))]
    assert short == 5


def test_operators_are_near_what_they_take(table: Path, capturer) -> None:
    for each in ready(read_cases([table])[0], capturer, print):
        assert isinstance(each, Ready)
        found = predicted(each, profile(each.case.device))
        assert found.value == pytest.approx(each.case.measured, rel=0.3), each.case.name


@pytest.mark.parametrize("shapes", ["5", "[]", "[[]]", "[5]", "null", '[["a"]]', "[", "[[8192, 4096]"])
def test_shapes_that_are_none(tmp_path: Path, shapes: str) -> None:
    head, row = ROWS.splitlines()[0], ROWS.splitlines()[6]
    (tmp_path / "t.csv").write_text(
        head + "\n" + row.replace("[[8192, 4096], [8192, 4096]]", shapes.replace('"', '""'))
    )
    with pytest.raises(ValueError, match=r"t\.csv:2"):
        read_cases([tmp_path / "t.csv"])


def test_an_operator_that_was_not_timed_is_left_out(tmp_path: Path) -> None:
    head, row = ROWS.splitlines()[0], ROWS.splitlines()[6]
    (tmp_path / "t.csv").write_text(head + "\n" + row.replace(",0.32,", ",,"))
    assert not read_cases([tmp_path / "t.csv"])[0]
