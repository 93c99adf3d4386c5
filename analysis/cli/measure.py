"""`graphperf measure`: run models on a real device and set what was predicted beside it."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ...hardware_profiles import HardwareProfile
from ..capture import AgentPool
from ..discovery import UsageError, parse_target
from ..measurement.measure import RUNS, Run, Setting, compared
from ..measurement.process import Probe, ProbeFailed
from ..numerics import runs_in
from ..pipeline import CapturedModel, Problem, capture_models, capturer_for
from ..report.measurement import FORMATS, render
from ..settings import Options, all_devices, device_named
from ..what_if import ENVIRONMENT, MEASURED, WhatIfs, environment, names
from .common import capture_choices, listed, progress, what_ifs
from .exits import CLEAN, FINDINGS, fail, usage_errors
from .grid import parse_batch, parse_precision, report_problems
from .question_options import capture_options

KINDS = {"cpu": "cpu", "cuda": "gpu"}


def device_options(command: Any) -> Any:
    """The options of the commands that run things for real."""
    decorators = [
        click.option("--device", type=click.Choice(list(KINDS)), required=True, help="Where torch runs it."),
        click.option("--threads", type=click.IntRange(min=1), help="Threads of torch on a CPU; default: as torch chooses."),
        click.option("--clock", type=click.Choice(["wall", "cpu"]), default="wall", show_default=True,
                     help="cpu: processor time of one thread, for a machine that others use; needs --threads 1."),
    ]  # fmt: skip
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def check_clock(device: str, clock: str, threads: int | None) -> None:
    """Raises `UsageError` where processor time is not the time that passes."""
    if clock == "cpu" and (device != "cpu" or threads != 1):
        raise UsageError("--clock cpu counts the time of a single thread: it needs --device cpu --threads 1")


@click.command("measure")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@device_options
@click.option(
    "--hardware", "-H", metavar="ID", help="Profile or file to predict with; default: the one of this device's name."
)
@click.option("--precision", multiple=True, metavar="NAME[,NAME...]", default=("fp32",), show_default=True,
              help="fp32, tf32, fp16, bf16, amp, amp-bf16.")  # fmt: skip
@click.option("--mode", multiple=True, metavar="MODE[,MODE...]", default=("eager",), show_default=True,
              help=f"{', '.join(RUNS)}.")  # fmt: skip
@click.option(
    "--batch", multiple=True, metavar="N[,N...]", help="First dimension of every input; default: as given or assumed."
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1),
    default=5.0,
    show_default=True,
    help="Time to measure a row in a round.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Times to measure all rows, the middle one of each counts: for a machine that others use.",
)
@click.option(
    "--set", "changes", multiple=True, metavar="NAME[,NAME...]", help=f"Run it so: {', '.join(names(MEASURED))}."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.csv",
              help="Add each row there as it comes; rows that are there are not measured again.")  # fmt: skip
@click.option("--format", "output", type=click.Choice(FORMATS), default="text", show_default=True)
@capture_options
def measure_command(
    targets: tuple[str, ...], device: str, threads: int | None, clock: str, hardware: str | None, precision: Sequence[str],
    mode: Sequence[str], batch: Sequence[str], seconds: float, rounds: int, changes: Sequence[str], out: Path | None, output: str,
    **given: Any,
) -> None:  # fmt: skip
    """Run models on this machine and compare with what is predicted.

    This runs the target's code for real and WITHOUT the confinement that captures have: the constructor and forward()
    may do whatever Python may do. Weights are as they are initialised, inputs are random.
    """
    with usage_errors():
        check_clock(device, clock, threads)
        options = capture_choices(targets, **given)
        if not options.trusted:
            raise UsageError("measuring runs the target's code: it cannot be --untrusted")
        modes, changed = _modes(device, listed("--mode", mode)), _changes(device, changes)
        precisions = [parse_precision(name) for name in listed("--precision", precision)]
        batches = [parse_batch(text) for text in listed("--batch", batch)] if batch else [None]
        models, problems = _captured(targets, batches, replace(options, what_if=changed))
        runs = [Run(model, each, name) for model in models for each in precisions for name in modes]
        with Probe(device, options.python, threads or 0, environment(changed)) as probe:
            try:
                machine = probe.machine()
            except ProbeFailed as error:
                fail(f"{error}; choose an interpreter that has torch with --python")
            profile = _profile(hardware, device, str(machine["name"]), options)
            runs = [run for run in runs if runs_in(profile, run.precision)]
            if models and not runs:
                raise UsageError(f"{profile.id} computes in none of {', '.join(p.value for p in precisions)}")
            setting = Setting.of(device, machine, seconds, clock, changed)
            try:
                with progress() as note:
                    found = compared(runs, profile, probe, setting, rounds, out, note)
            except (OSError, ValueError) as error:
                fail(f"--out: {error}")
    if found:
        click.echo(render(found, profile.id, output))
    report_problems(problems)
    for each in found:
        if each.problem:
            click.echo(f"{each.run.model.target}: {each.problem}", err=True)
    raise SystemExit(FINDINGS if problems or any(each.problem for each in found) else CLEAN)


def _modes(device: str, names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in RUNS:
            raise UsageError(f"--mode: {name!r} cannot be measured; choose from {', '.join(RUNS)}")
        if name == "cuda-graph" and device != "cuda":
            raise UsageError("--mode cuda-graph needs --device cuda")
    return names


def _changes(device: str, texts: Sequence[str]) -> WhatIfs:
    """What is changed. Raises `UsageError` for what cannot be run so, and for a change of other devices."""
    changed: WhatIfs = what_ifs(texts) if texts else frozenset()
    if others := names(changed - MEASURED):
        raise UsageError(f"--set: {', '.join(others)} cannot be measured; choose from {', '.join(names(MEASURED))}")
    variables = changed & frozenset(ENVIRONMENT)
    if variables and (device != "cpu" or platform.libc_ver()[0] != "glibc"):
        raise UsageError(f"--set {', '.join(names(variables))} needs --device cpu, on Linux with glibc")
    return changed


def _captured(
    targets: Sequence[str], batches: Sequence[int | None], options: Options
) -> tuple[list[CapturedModel], list[Problem]]:
    models: list[CapturedModel] = []
    problems: list[Problem] = []
    with progress() as note, AgentPool() as pool:
        capturer = capturer_for(pool, options)
        for target in [parse_target(text) for text in targets]:
            for batch in batches:
                found = capture_models(target, replace(options, batch=batch), capturer, None, note)
                models += found.models
                problems += [problem for problem in found.problems if not problem.part]
    for problem in problems:
        if problem.stage == "interpreter":
            fail(problem.message)
    return models, problems


def _profile(hardware: str | None, device: str, name: str, options: Options) -> HardwareProfile:
    """The profile that is asked for, or the one of the device's own name. Raises `UsageError`."""
    if hardware is not None:
        profile = device_named(hardware, options.hardware_paths)
    else:
        named = [each for each in all_devices(options.hardware_paths) if each.name.lower() == name.lower()]
        if not named:
            raise UsageError(
                f"no profile is named {name!r}: give --hardware ID (`graphperf hardware` lists them), or describe this "
                f"device first: graphperf calibrate --device {device} --out my-device.toml, then --hardware ./my-device.toml"
            )
        profile = named[0]
    if profile.kind != KINDS[device]:
        raise UsageError(f"{profile.id} is a {profile.kind}, and --device is {device}")
    return profile
