"""`graphperf validate --measured`: predictions beside tables of measurements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ...hardware_profiles import HardwareProfile
from ..capture import AgentPool
from ..discovery import UsageError
from ..pipeline import capturer_for
from ..report.accuracy import render
from ..settings import ALL, Options, all_devices, device_named
from ..study.measured.cases import Case, sampled
from ..study.measured.harness import without_floor
from ..study.measured.predict import NotPredicted, Predicted, predictions
from ..study.measured.tables import read_cases
from .common import progress
from .exits import fail


def accuracy(paths: Sequence[Path], hardware: Sequence[str], options: Options, sample: int | None, output: str) -> str:
    """The report on all rows of the tables, or on a sample of each table's models and operators. Rows of a device of another name
    than sources gave it are those of the profile of that name, first among `hardware`. Raises `UsageError`."""
    devices = _devices(hardware, options)
    try:
        cases, left_out = read_cases(paths, _names(devices))
    except (OSError, ValueError) as error:
        raise UsageError(f"--measured: {error}") from error
    cases, short = without_floor(cases)
    if short:
        left_out["operators that take no longer than their harness"] += short
    if sample is not None:
        cases = sampled(cases, sample, _kind)
    if not cases:
        fail(f"--measured: no row that could be predicted{_reasons(left_out)}")
    found: list[Predicted] = []
    missing: list[NotPredicted] = []
    with progress() as note, AgentPool() as pool:
        for each in predictions(cases, capturer_for(pool, options), note, options, devices.__getitem__):
            if isinstance(each, Predicted):
                found.append(each)
            else:
                missing.append(each)
    if not found:
        reasons = Counter(f"{each.case.name}: {each.reason}" for each in missing)
        fail(f"--measured: no row could be predicted{_reasons(reasons + left_out)}")
    return render(found, missing, left_out, output)


def _devices(hardware: Sequence[str], options: Options) -> dict[str, HardwareProfile]:
    """All profiles by id, those first that are asked for, which may be files."""
    given = [device_named(each, options.hardware_paths) for each in hardware if each != ALL]
    devices: dict[str, HardwareProfile] = {}
    for each in (*given, *all_devices(options.hardware_paths)):
        devices.setdefault(each.id, each)
    return devices


def _names(devices: dict[str, HardwareProfile]) -> dict[str, str]:
    """Ids by names in lower case; the first of a name, since power modes share it."""
    return {each.name.lower(): each.id for each in reversed(devices.values())}


def _reasons(left_out: Counter[str]) -> str:
    """The commonest, to be put behind a sentence."""
    reasons = "".join(f"; {count} x {reason}" for reason, count in left_out.most_common(3))
    if any(reason.startswith("no profile") for reason in left_out):
        return f"{reasons}. Give one of that name with --hardware, as calibrate writes it"
    return reasons


def _kind(case: Case) -> tuple[str, ...]:
    """Source, device, mode, and model or kind of operator."""
    kind = case.name if case.is_operator else "model"
    return (case.source, case.device, case.mode, str(sorted(case.what_if)), case.framework, kind)
