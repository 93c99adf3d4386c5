"""The CSV file of measured rows."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphperf.analysis.measurement.rows import COLUMNS, MeasuredRow, append_rows, inputs_of, inputs_text, read_rows

ROW = MeasuredRow(
    source="graphperf", target="m.py::Net", model="Net", device="A, B", framework="pytorch 2.6.0 cpu", mode="infer",
    precision="fp32", layout="nchw", compiled="", batch=8, input="8x3x32x32", latency_ms=1.5, latency_low_ms=1.25,
    latency_high_ms=2.0, throughput_per_s=5333.33, note="threads=1",
)  # fmt: skip


def test_the_columns_are_those_of_the_format() -> None:
    assert ",".join(COLUMNS) == (
        "source,target,model,device,framework,mode,precision,layout,compiled,batch,input,latency_ms,latency_low_ms,"
        "latency_high_ms,throughput_per_s,energy_j,power_w,peak_mem_mb,note"
    )


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    append_rows(path, [ROW])
    append_rows(path, [replace(ROW, batch=1)])
    assert read_rows(path) == [ROW, replace(ROW, batch=1)]
    assert path.read_text().count("source,target") == 1


def test_inputs_are_written_as_their_shapes() -> None:
    assert inputs_text((((8, 3, 224, 224), "float32"), ((8, 77), "int64"))) == "8x3x224x224 8x77:int64"


SHAPES = st.lists(st.integers(0, 9999), max_size=5).map(tuple)


@given(st.lists(st.tuples(SHAPES, st.sampled_from(["float32", "int64", "bool"])), min_size=1, max_size=4).map(tuple))
def test_inputs_come_back_as_they_were_written(inputs) -> None:
    assert inputs_of(inputs_text(inputs)) == inputs


def test_a_measurement_is_the_same_whatever_it_found() -> None:
    assert replace(ROW, latency_ms=9.0, energy_j=1.0).key == ROW.key
    assert replace(ROW, batch=1).key != ROW.key
    assert replace(ROW, note="threads=2").key != ROW.key


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="columns"):
        read_rows(path)
    path.write_text(",".join(COLUMNS) + "\n" + ",".join(["x"] * len(COLUMNS)) + "\n")
    with pytest.raises(ValueError, match=r"other\.csv:2"):
        read_rows(path)
