"""The lists in `policies.toml` against those of the installed torch."""

import re
from pathlib import Path

import pytest

from graphperf.analysis import autocast
from graphperf.hardware_profiles.toml_file import read

TABLE = read(Path(autocast.__file__).with_name("policies.toml"))[1]
MACROS = {
    "lower_precision_fp": "LOWER_PRECISION_FP",
    "fp32": "FP32",
    "fp32_set_opt_dtype": "FP32_SET_OPT_DTYPE",
    "promote": "PROMOTE",
}


@pytest.mark.parametrize(("key", "macro"), MACROS.items())
def test_the_lists_are_those_of_torch(key: str, macro: str) -> None:
    torch = pytest.importorskip("torch")
    header = Path(torch.__file__).parent / "include/ATen/autocast_mode.h"
    if not torch.__version__.startswith(TABLE["torch"]) or not header.exists():
        pytest.skip(f"the lists are those of torch {TABLE['torch']}")
    text = header.read_text("utf-8")
    body = re.search(rf"#define AT_FORALL_{macro}\(_\)((?:.*\\\n)*.*)", text)
    assert body is not None
    named = set(re.findall(r"_\((\w+)", body[1]))
    assert set(TABLE[key]) - {"norm"} == named


def test_no_operator_has_two_policies() -> None:
    named = [name for key in (*MACROS, "recurrent", "torchvision") for name in TABLE[key]]
    assert len(named) == len(set(named))
    assert not set(TABLE["decomposed"]) & set(named)
    assert set(TABLE["decomposed"].values()) <= set(named)
