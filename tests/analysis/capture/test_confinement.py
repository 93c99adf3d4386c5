"""The mechanisms themselves: the filter on both machines, and what is left where one of them is missing."""

import errno
import json
import os
import struct
import subprocess
import sys

import pytest

if sys.platform != "linux":
    pytest.skip("Linux only", allow_module_level=True)

from graphperf.analysis.capture.agent.confine import calls, seccomp

ALLOW, REFUSE, UNKNOWN = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
OWN = 4321


def _verdict(machine, call, *arguments, writing=True, architecture=None):
    """What the filter says of a call: runs its instructions as the kernel does."""
    arguments = (*arguments, *[0] * (6 - len(arguments)))
    architecture = seccomp._ARCHITECTURE[machine] if architecture is None else architecture
    data = struct.pack("<IIQ6Q", call, architecture, 0, *arguments)
    code = list(struct.iter_unpack("=HBBI", seccomp.assemble(machine, OWN, writing)))
    at = value = 0
    while True:
        operation, if_true, if_false, constant = code[at]
        at += 1
        if operation == 0x20:
            value = struct.unpack_from("<I", data, constant)[0]
        elif operation == 0x54:
            value &= constant
        elif operation == 0x05:
            at += constant
        elif operation == 0x06:
            return constant
        else:
            holds = {0x15: value == constant, 0x35: value >= constant, 0x45: bool(value & constant)}[operation]
            at += if_true if holds else if_false


@pytest.fixture(params=calls.MACHINES)
def ask(request):
    def ask(name, *arguments, **given):
        number = calls.number(name, request.param)
        return ALLOW if number is None else _verdict(request.param, number, *arguments, **given)

    return ask


def test_calls_without_a_use_are_refused(ask):
    existing = [name for name in seccomp._FORBIDDEN if ask(name) != ALLOW]
    assert {ask(name) for name in existing} == {REFUSE}
    assert {"execve", "socket", "connect", "fchmodat", "ptrace", "mount"} <= set(existing)
    assert {ask(name) for name in seccomp._ABSENT} == {UNKNOWN}


def test_calls_are_told_apart_by_their_arguments(ask):
    assert ask("clone", 0x3D0F00) == ALLOW  # what pthread_create gives
    assert ask("clone", 0x1200011) == REFUSE  # what fork gives
    for name in ("kill", "tgkill", "rt_sigqueueinfo"):
        assert [ask(name, target) for target in (OWN, 1, 0, 2**32 - 1, 2**32 - OWN)] == [ALLOW, *[REFUSE] * 4]
    assert [ask("prlimit64", target) for target in (0, OWN, 1)] == [ALLOW, ALLOW, REFUSE]
    assert [ask("prctl", option) for option in (1, 15)] == [REFUSE, ALLOW]
    assert [ask("fcntl", 5, command) for command in (1, 4, 8, 10, 15, 1030)] == [ALLOW, ALLOW, *[REFUSE] * 3, ALLOW]
    assert [ask("ioctl", 0, command) for command in (0x5401, 0x5412, 0x40086602)] == [ALLOW, REFUSE, REFUSE]
    assert [ask("socketpair", *pair) for pair in ((1, 1), (1, 0x80801))] == [ALLOW, ALLOW]
    assert [ask("socketpair", *pair) for pair in ((1, 2), (2, 1))] == [REFUSE, REFUSE]


def test_opening_files(ask):
    for flags in (os.O_RDONLY, os.O_RDONLY | os.O_CLOEXEC):
        assert ask("openat", 0, 0, flags, writing=False) == ALLOW
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC):
        assert ask("openat", 0, 0, flags, writing=False) == REFUSE
    assert ask("openat", 0, 0, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) == ALLOW  # Landlock's matter
    assert ask("openat", 0, 0, os.O_RDONLY | os.O_TRUNC) == REFUSE
    assert [ask("unlinkat", writing=writing) for writing in (True, False)] == [ALLOW, REFUSE]


@pytest.mark.parametrize("machine", calls.MACHINES)
def test_calls_of_other_machines_and_of_the_future(machine):
    assert _verdict(machine, 0) == ALLOW
    assert _verdict(machine, 0, architecture=0x40000003) == REFUSE  # i386
    assert _verdict(machine, 0x40000000) == UNKNOWN  # x32
    assert _verdict(machine, calls.FIRST_UNKNOWN) == UNKNOWN


PROBE = """\
import json, os, sys, tempfile
from graphperf.analysis.capture.agent import confine
from graphperf.analysis.capture.agent.confine import kernel, landlock, seccomp
from graphperf.analysis.capture.agent.probe import probe

folder = tempfile.mkdtemp()
limits = confine.Limits(60, 1 << 30)
{missing}
reader, writer = os.pipe()
parent = os.getpid()
if os.fork() == 0:
    confine.confine(folder, parent)
    confine.limit(limits)
    os.write(writer, json.dumps(probe(folder, parent, limits)).encode())
    os._exit(0)
os.close(writer)
os.wait()
print(os.read(reader, 1 << 16).decode())
"""


def _probe(missing):
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(missing=missing)], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return {guarantee["name"]: guarantee["holds"] for guarantee in json.loads(done.stdout)}


def test_all_holds_here():
    assert all(_probe("").values())


def test_without_landlock_nothing_can_be_written():
    found = _probe("landlock.version = lambda: 0")
    assert [name for name, holds in found.items() if not holds] == ["scratch"]


def test_without_a_filter_for_the_machine_files_are_still_safe():
    found = _probe("import platform; platform.machine = lambda: 'riscv64'")
    assert found["files"]
    assert found["memory"]
    assert found["orphans"]
    assert not found["udp"]


def test_without_both_the_limits_still_hold():
    found = _probe("import platform; platform.machine = lambda: 'riscv64'; landlock.version = lambda: 0")
    assert found["memory"]
    assert found["processor"]
    assert not found["files"]
