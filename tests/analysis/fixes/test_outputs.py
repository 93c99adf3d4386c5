"""Safe fixes keep a model's outputs, gradients and `state_dict`: both files run with PyTorch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from graphperf.analysis.discovery import discover

from .prepared import CASES, Case

# Its fix keeps the outputs where no row is masked as a whole, as here; the others that are not safe drop parameters.
_KEPT = ("annotated_mask",)


def _pair(case: Case) -> tuple[str, str, str, list]:
    (model,) = discover(case.after.read_text("utf-8")).roots()
    assert model.directive is not None
    return str(case.before), str(case.after), model.name, list(model.directive.inputs)


@pytest.mark.slow
def test_outputs_gradients_and_state_are_kept() -> None:
    chosen = [case for case in CASES if case.safe or case.name in _KEPT]
    assert len(chosen) >= 30
    run = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "run_pairs.py")],
        input=json.dumps([_pair(case) for case in chosen]), capture_output=True, text=True, check=True,
    )  # fmt: skip
    differences = json.loads(run.stdout)
    assert {case.name: said for case, said in zip(chosen, differences, strict=True) if said} == {}
