"""A validation as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from ..study.checks import Check
from ..study.validate import Validation
from . import units

FORMATS = ("text", "json")


def render(found: Sequence[Validation], output: str) -> str:
    """The validations in one of the `FORMATS`."""
    if output == "json":
        records = [
            {
                "model": each.model,
                "target": each.target,
                "family": each.family.name if each.family else None,
                "universal": [asdict(check) for check in each.universal],
                "expected": [asdict(check) for check in each.expected],
                "passed": not each.failed,
            }
            for each in found
        ]
        return json.dumps({"validations": records}, indent=2, ensure_ascii=False)
    return "\n\n".join("\n".join(_lines(each)) for each in found)


def _lines(found: Validation) -> Iterator[str]:
    title = found.family.title if found.family else "no known family"
    yield f"{found.model} ({found.target}): {title}"
    yield ""
    yield from map(_line, found.universal)
    if found.family is not None:
        yield ""
        yield from map(_line, found.expected)
    total = len(found.universal) + len(found.expected)
    skipped = sum(check.skipped is not None for check in found.expected)
    left_out = f", {skipped} not looked at" if skipped else ""
    yield ""
    yield (
        f"{units.count(total - len(found.failed) - skipped, 'check')} passed, {len(found.failed)} failed{left_out}; "
        f"universal checks on {units.count(found.asked, 'combination')} of device, precision, mode and batch"
    )


def _line(check: Check) -> str:
    if check.skipped:
        return f"  --    {check.text}: not looked at, {check.skipped}"
    return f"  FAIL  {check.text}: {check.problem}" if check.problem else f"  ok    {check.text}"
