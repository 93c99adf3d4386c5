"""Which policy `torch.autocast` has for an operator: PyTorch's lists, from `policies.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from ...hardware_profiles.toml_file import read
from ..graph import Operator

Policy = Literal["lower", "fp32", "fp32_result", "promote", "recurrent", "none"]
_LISTS: Mapping[str, Policy] = {
    "lower_precision_fp": "lower",
    "explicit": "lower",
    "fp32": "fp32",
    "torchvision": "fp32",
    "fp32_set_opt_dtype": "fp32_result",
    "promote": "promote",
    "recurrent": "recurrent",
}


def base_name(operator: Operator) -> str:
    """`aten.add_.Tensor` → `add_`; what the recorder keeps whole (attention, recurrent layers) has its own name."""
    parts = operator.target.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def policy_of(operator: Operator) -> Policy:
    """Autocast's policy for an operator; in-place variants have none."""
    return _policies().get(base_name(operator), "none")


@cache
def _policies() -> Mapping[str, Policy]:
    table = read(Path(__file__).with_name("policies.toml"))[1]
    found: dict[str, Policy] = {name: policy for key, policy in _LISTS.items() for name in table[key]}
    return {**found, **{held: found[named] for held, named in table["decomposed"].items()}}
