"""`graphperf doctor`: whether the interpreter can capture, and which promises of confinement hold on this machine."""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click

from ..capture import Agent, Guarantee

NOT_PROMISED = "a capture can read every file that you can read; what it reads goes nowhere but into its result"


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found: the interpreter, its start-up time, the platform's mechanisms, and what they hold."""

    interpreter: str
    python: str
    torch: str
    ready_seconds: float
    platform: str
    landlock: int
    seccomp: bool
    guarantees: tuple[Guarantee, ...]

    @property
    def complete(self) -> bool:
        """Whether captures are confined in full."""
        return bool(self.guarantees) and all(guarantee.holds for guarantee in self.guarantees)

    def notes(self) -> Iterator[str]:
        """What is missing, and why."""
        if not self.guarantees:
            yield "captures are not confined here: they run in the interpreter's own process"
        elif not self.platform.startswith("Linux"):
            yield "only Linux has what full confinement needs; here Python code is refused what it may not do, native code is not"
        elif not self.landlock:
            yield "this kernel has no Landlock (Linux 5.13 and newer have it): not even temporary files can be written"
        if self.platform.startswith("Linux") and not self.seccomp:
            yield "this kernel takes no system call filter, or none is known for this machine"
        yield NOT_PROMISED


def examine(python: str | None) -> Examination:
    """Starts the interpreter's agent and tries what a capture may do. Raises `AgentUnavailable`."""
    started = time.monotonic()
    agent = Agent(python or sys.executable)
    try:
        hello = agent.wait_ready()
        ready = time.monotonic() - started
        mechanisms = hello["mechanisms"]
        return Examination(
            agent.python, hello["python"], hello["torch"], round(ready, 2),
            f"{platform.system()} {platform.release()} {platform.machine()}",
            mechanisms["landlock"], mechanisms["seccomp"], tuple(agent.probe()),
        )  # fmt: skip
    finally:
        agent.close()


def print_examination(found: Examination, output: str) -> None:
    """As text, or as JSON with the same content."""
    if output == "json":
        record = {**asdict(found), "guarantees": [guarantee._asdict() for guarantee in found.guarantees]}
        click.echo(json.dumps({**record, "complete": found.complete, "notes": list(found.notes())}, indent=2))
        return
    landlock = f"Landlock {found.landlock}" if found.landlock else "no Landlock"
    click.echo(f"interpreter  {found.interpreter} (Python {found.python})")
    click.echo(f"torch        {found.torch}, ready after {found.ready_seconds:.1f} s")
    click.echo(f"platform     {found.platform}, {landlock}, {'seccomp' if found.seccomp else 'no seccomp'}")
    click.echo("\nA capture runs in a process of its own:" if found.guarantees else "")
    for guarantee in found.guarantees:
        click.echo(f"  {'yes' if guarantee.holds else 'NO ':3}  {guarantee.text}")
    click.echo()
    for note in found.notes():
        click.echo(f"note: {note}")
