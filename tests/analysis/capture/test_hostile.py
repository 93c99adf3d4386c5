"""Code that means harm, or does some by mistake: each is stopped, named at its line, and has changed nothing."""

import os
import select
import socket
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from graphperf.analysis.capture import Agent, CaptureRequest
from graphperf.analysis.discovery.classes import Candidate

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confinement is complete on Linux only")

WAITING = 2  # processes and their folders that are ready for the next requests

MODEL = """\
import asyncio, ctypes, faulthandler, multiprocessing, os, pathlib, shutil, signal, socket, subprocess, sys, tempfile, threading
import time, urllib.request
import torch
from torch import nn
{top}

libc = ctypes.CDLL(None, use_errno=True)
canary = pathlib.Path(__file__).parent / "canary"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
{init}

    def forward(self, x):
{forward}
        return self.fc(x)
"""


@dataclass(frozen=True)
class Case:
    """Code in a place of the model, and what is said of it at the line with `# here` (None: no line is known)."""

    name: str
    stage: str
    message: str
    forward: str = ""
    init: str = ""
    top: str = ""
    seconds: float = 20

    def source(self) -> str:
        return MODEL.format(
            top=self.top,
            init=textwrap.indent(textwrap.dedent(self.init), " " * 8),
            forward=textwrap.indent(textwrap.dedent(self.forward), " " * 8),
        )


WRITE = "a capture may only write to its temporary folder"
NETWORK = "a capture has no network"
PROCESS = "a capture may not start processes"
MEMORY = "needs more memory than the 1 GB that a capture may use"

STOPPED = [
    Case("infinite loop", "timeout", "still running after 1 s", "while True: pass  # here", seconds=1),
    Case("loop in __init__", "timeout", "still running after 1 s", init="while True: pass  # here", seconds=1),
    Case("sleep", "timeout", "still running after 1 s", "time.sleep(1000)  # here", seconds=1),
    Case("native loop", "timeout", "still running after 1 s", "sum(range(10**12))  # here", seconds=1),
    Case("native sleep", "timeout", "still running after 1 s", "libc.sleep(1000)  # here", seconds=1),
    Case("import that hangs", "timeout", "still running after 1 s", "hangs", top="import hangs  # here", seconds=1),
    Case("import that trains", "timeout", "still running after 3 s", "trains", top="import trains  # here", seconds=3),
    Case("swallows everything", "timeout", "still running after 1 s", """
        while True:
            try:
                os._exit(0)
            except BaseException: pass
    """, seconds=1),
    Case("refuses to be asked", "timeout", "still running after 1 s", """
        faulthandler.unregister(signal.SIGUSR1)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        while True: pass
    """, seconds=1),
    Case("many threads computing", "timeout", "", """
        def spin():
            buffer = bytearray(50_000_000)
            import hashlib
            while True: hashlib.sha256(buffer)
        for _ in range(8): threading.Thread(target=spin).start()
        spin()
    """, seconds=1),
    Case("closes all descriptors", "crash", "", "os.closerange(3, 4096)\nwhile True: pass"),
    Case("endless printing", "crash", "printed more than 16 MB", "while True: print('x' * 100_000)  # here"),
    Case("endless printing to a descriptor", "crash", "printed more than 16 MB", "while True: os.write(2, b'x' * 4096)  # here"),
    Case("fills the temporary folder", "crash", "MB of temporary files", """
        for number in range(10**6):
            with tempfile.NamedTemporaryFile(delete=False) as file:
                file.write(bytes(16 << 20))
                file.flush()
                time.sleep(0.005)
    """),
    Case("one large temporary file", "forward", "File too large", """
        with tempfile.TemporaryFile() as file:
            while True: file.write(bytes(1 << 20))  # here
    """),
]  # fmt: skip

ENDED = [
    Case("os._exit", "forward", "ends the process with os._exit()", "os._exit(0)  # here"),
    Case("os.abort", "forward", "ends the process with os.abort()", "os.abort()  # here"),
    Case("sys.exit", "forward", "ends the program with sys.exit(3)", "sys.exit(3)  # here"),
    Case("KeyboardInterrupt", "forward", "KeyboardInterrupt", "raise KeyboardInterrupt  # here"),
    Case("native exit", "crash", "ended the process with status 7", "libc._exit(7)"),
    Case("native abort", "crash", "crashed the interpreter (SIGABRT)", "libc.abort()  # here"),
    Case("segmentation fault", "crash", "crashed the interpreter (SIGSEGV)", "ctypes.string_at(8)  # here"),
    Case("segmentation fault in __init__", "crash", "SIGSEGV", init="ctypes.string_at(8)  # here"),
    Case("kills itself", "crash", "was killed", "os.kill(os.getpid(), signal.SIGKILL)"),
    Case("recursion", "forward", "RecursionError", "def down(): down()  # here\ndown()"),
    Case("recursion without limit", "crash", "crashed the interpreter (SIGSEGV)", """
        sys.setrecursionlimit(10**9)
        class Deep:
            def __repr__(self): return repr(self)  # here
        repr(Deep())
    """),
    Case("reads stdin", "forward", "EOFError", "input()  # here"),
]  # fmt: skip

TOO_MUCH = [
    Case("allocates 100 GB", "forward", MEMORY, "bytearray(100 << 30)  # here"),
    Case("allocates 100 GB by and by", "forward", MEMORY, """
        held = []
        while True: held.append(bytearray(1 << 24))  # here
    """),
    Case("tensor of 100 GB on import", "import", MEMORY, "big + 1", top="big = torch.zeros(25 << 30)  # here"),
    Case("thread bomb", "", "threads", """
        while True:
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()  # here
    """),
    Case("bomb of small threads", "", "threads", """
        threading.stack_size(32 << 10)
        while True:
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()  # here
    """),
    # Its error is still being read, with the whole of the file, when the threads are counted.
    Case("many threads and an error", "", "", """
        threading.stack_size(32 << 10)
        assert [threading.Thread(target=time.sleep, args=(1000,), daemon=True).start() for _ in range(300)] == []  # here
    """, top="LONG = 1\n" * 20_000),
]  # fmt: skip

FORBIDDEN = [
    Case("writes a file", "forward", WRITE, "open(canary, 'w')  # here"),
    Case("appends to a file", "construct", WRITE, init="canary.open('a')  # here"),
    Case("deletes a file", "forward", WRITE, "canary.unlink()  # here"),
    Case("deletes a folder", "forward", WRITE, "os.rmdir(canary.parent / 'folder')  # here"),
    Case("deletes a tree", "forward", "a capture may not write", "shutil.rmtree(canary.parent)  # here"),
    Case("creates a folder", "forward", WRITE, "os.mkdir(canary.parent / 'new')  # here"),
    Case("renames a file", "forward", WRITE, "canary.rename(canary.parent / 'new')  # here"),
    Case("truncates a file", "forward", WRITE, "os.truncate(canary, 0)  # here"),
    Case("chmod", "forward", "changes permissions or attributes", "canary.chmod(0o777)  # here"),
    Case("utime", "forward", "changes permissions or attributes", "os.utime(canary, (0, 0))  # here"),
    Case("TCP", "forward", NETWORK, "socket.create_connection(('127.0.0.1', {tcp}))  # here"),
    Case("UDP", "forward", "a capture may not", """
        with socket.socket(type=socket.SOCK_DGRAM) as udp:  # here
            udp.sendto(b'x', ('127.0.0.1', {udp}))
    """),
    Case("Unix socket", "forward", "a capture may not", "socket.socket(socket.AF_UNIX).connect({unix!r})  # here"),
    Case("server", "forward", "a capture may not", "socket.create_server(('127.0.0.1', 0))  # here"),
    Case("download", "forward", NETWORK, "urllib.request.urlopen('http://127.0.0.1:{tcp}/x')  # here"),
    Case("looks up a name", "forward", NETWORK, "socket.getaddrinfo('example.org', 80)  # here"),
    Case("fork bomb", "forward", PROCESS, "while True: os.fork()  # here"),
    Case("os.system", "forward", PROCESS, "os.system('touch ' + str(canary.parent / 'new'))  # here"),
    Case("subprocess", "forward", "starts a process (touch new)", "subprocess.run(['touch', 'new'])  # here"),
    Case("exec", "forward", PROCESS, "os.execv('/bin/sh', ['sh'])  # here"),
    Case("multiprocessing", "forward", PROCESS, "multiprocessing.get_context('fork').Process(target=print).start()  # here"),
    Case("kills the parent", "forward", "may not signal", "os.kill(os.getppid(), signal.SIGKILL)  # here"),
    Case("kills everybody", "forward", "may not signal", "os.killpg(os.getpgid(os.getppid()), signal.SIGKILL)  # here"),
    Case("torch.load", "construct", "torch.load(weights.pt) loads weights", init="torch.load('weights.pt')  # here"),
    Case("a GPU's name", "construct", "uses a GPU", init="torch.cuda.get_device_name(0)  # here"),
    Case("a GPU's memory", "forward", "uses a GPU", "torch.cuda.mem_get_info()  # here"),
]  # fmt: skip

# What only native code can try: the system refuses, the call fails, and the capture goes on.
NATIVE = {
    "fork": "libc.fork() == -1",
    "vfork": "libc.syscall(58) == -1",
    "exec": "libc.execv(b'/bin/true', None) == -1",
    "kill the parent": "libc.kill(os.getppid(), 9) == -1",
    "kill everybody": "libc.kill(-1, 9) == -1",
    "kill the group": "libc.kill(0, 9) == -1",
    "signal by descriptor": "libc.fcntl(0, 8, os.getppid()) == -1",
    "TCP": "libc.socket(2, 1, 0) == -1",
    "UDP": "libc.socket(2, 2, 0) == -1",
    "Unix": "libc.socket(1, 1, 0) == -1",
    "raw": "libc.socket(17, 3, 0) == -1",
    "datagram pair": "libc.socketpair(1, 2, 0, (ctypes.c_int * 2)()) == -1",
    "open": "libc.open(bytes(canary), os.O_WRONLY) == -1",
    "create": "libc.open(bytes(canary) + b'2', os.O_WRONLY | os.O_CREAT, 0o600) == -1",
    "truncate": "libc.truncate(bytes(canary), 0) == -1",
    "truncate while reading": "libc.open(bytes(canary), os.O_RDONLY | os.O_TRUNC) == -1",
    "unlink": "libc.unlink(bytes(canary)) == -1",
    "rename": "libc.rename(bytes(canary), bytes(canary) + b'2') == -1",
    "link": "libc.link(bytes(canary), bytes(canary) + b'2') == -1",
    "symlink": "libc.symlink(bytes(canary), bytes(canary) + b'2') == -1",
    "mkdir": "libc.mkdir(bytes(canary) + b'2', 0o700) == -1",
    "chmod": "libc.chmod(bytes(canary), 0o777) == -1",
    "chown": "libc.chown(bytes(canary), 1, 1) == -1",
    "utime": "libc.utime(bytes(canary), None) == -1",
    "setxattr": "libc.setxattr(bytes(canary), b'user.x', b'y', 1, 0) == -1",
    "ptrace": "libc.ptrace(16, os.getppid(), 0, 0) == -1",
    "write to the parent's memory": "libc.open(b'/proc/%d/mem' % os.getppid(), os.O_RDWR) == -1",
    "outlive the parent": "libc.prctl(1, 0, 0, 0, 0) == -1",
    "unshare": "libc.unshare(0x10000000) == -1",
    "mount": "libc.mount(b'/tmp', b'/mnt', None, 4096, None) == -1",
    "shared memory": "libc.shmget(0, 4096, 0o1600) == -1",
    "anonymous file": "libc.memfd_create(b'x', 0) == -1",
    "io_uring": "libc.syscall(425, 8, None) == -1",
    "raise limits": "libc.setrlimit(0, (ctypes.c_ulong * 2)(2**40, 2**40)) == -1",
}  # fmt: skip

ALLOWED = {
    "threads": "thread = threading.Thread(target=canary.read_text)\nthread.start()\nthread.join()",
    "temporary files": "with tempfile.TemporaryDirectory() as folder: pathlib.Path(folder, 'x').write_text('y')",
    "null device": "with open(os.devnull, 'w') as file: file.write('x')",
    "an event loop": "asyncio.run(asyncio.sleep(0))",
    "a signal to itself": "signal.signal(signal.SIGUSR2, signal.SIG_IGN)\nos.kill(os.getpid(), signal.SIGUSR2)",
    "printing": "print('{{}}\\n' * 1000)\nsys.stderr.write('x' * 100_000)",
    "asking for a GPU": "assert not torch.cuda.is_available()\nassert torch.cuda.device_count() == 0",
    "weights that are optional": "try: torch.load('weights.pt')\nexcept Exception: pass",
    "doing without a program": "try: subprocess.run(['git'])\nexcept OSError: pass",
}


@pytest.fixture(scope="module")
def agent():
    agent = Agent(sys.executable)
    agent.wait_ready(120)
    yield agent
    agent.close()


class Listeners:
    """Sockets on this machine that nobody is to talk to."""

    def __init__(self, folder: Path) -> None:
        self.tcp, self.udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(str(folder / "socket"))
        self.unix.listen()
        self.names = {
            "tcp": self.tcp.getsockname()[1],
            "udp": self.udp.getsockname()[1],
            "unix": self.unix.getsockname(),
        }

    def heard(self) -> bool:
        return bool(select.select([self.tcp, self.udp, self.unix], [], [], 0)[0])

    def close(self) -> None:
        for one in (self.tcp, self.udp, self.unix):
            one.close()


@pytest.fixture
def listeners(tmp_path):
    listeners = Listeners(tmp_path)
    yield listeners
    listeners.close()


@pytest.fixture
def surroundings(tmp_path, listeners):
    """Checks that nothing outside the capture changed: files and their attributes, sockets, processes, scratch."""
    (tmp_path / "canary").write_text("sings")
    (tmp_path / "folder").mkdir()
    (tmp_path / "hangs.py").write_text("import time\nwhile True: time.sleep(1)\n")
    (tmp_path / "trains.py").write_text(TRAINS)
    (tmp_path / "model.py").write_text("")
    before = _state(tmp_path)
    yield tmp_path
    assert _state(tmp_path) == before
    assert not listeners.heard()


TRAINS = """\
import torch
model = torch.nn.Linear(8, 8)
optimizer = torch.optim.SGD(model.parameters(), 0.1)
while True:
    optimizer.zero_grad()
    model(torch.randn(4, 8)).sum().backward()
    optimizer.step()
"""


def _state(folder: Path) -> dict[str, tuple[object, ...]]:
    paths = [folder, *sorted(folder.rglob("*"))]
    status = {str(path): path.stat() for path in paths}
    return {
        path: (s.st_mode, s.st_uid, s.st_size, s.st_mtime_ns, s.st_nlink, os.listxattr(path))
        for path, s in status.items()
    }


def _request(folder: Path, source: str, seconds: float = 20, op: str = "Net()") -> CaptureRequest:
    return CaptureRequest(
        candidates=(Candidate(op, "a test"),),
        file=str(folder / "model.py"),
        text=source,
        inputs=(((1, 4), "float32"),),
        seconds=seconds,
        memory_gb=1,
        wanted="Net",
    )


def _capture(agent, folder, source, seconds=20.0):
    return agent.capture(_request(folder, source, seconds))[1].result(60)


def _assert_usable(agent, folder):
    """The next capture works, and the last ones left no process and no folder: there are only those that wait."""
    captured = _capture(agent, folder, MODEL.format(top="", init="", forward=""))
    assert captured.error is None
    assert [operator.kind for operator in captured.graph.operators] == ["linear"]
    process = agent._process.pid
    children, scratch = Path(f"/proc/{process}/task/{process}/children"), agent.wait_ready()["scratch"]
    end = time.monotonic() + 10  # an answered capture is killed, and taken down while the agent goes on
    while left := max(len(children.read_text().split()), len(os.listdir(scratch))) > WAITING:
        assert time.monotonic() < end, left
        time.sleep(0.01)


# One of each way to be stopped; the others are as long, and slow together.
FAST = {"infinite loop", "endless printing", "os._exit", "segmentation fault", "allocates 100 GB", "thread bomb"} | {
    "writes a file", "TCP", "subprocess", "kills the parent", "torch.load", "a GPU's memory"
}  # fmt: skip
CASES = [
    pytest.param(case, id=case.name, marks=() if case.name in FAST else pytest.mark.slow)
    for case in (*STOPPED, *ENDED, *TOO_MUCH, *FORBIDDEN)
]


@pytest.mark.parametrize("case", CASES)
def test_harm_is_stopped_and_named_at_its_line(agent, surroundings, listeners, case):
    source = case.source()
    for name, value in listeners.names.items():
        source = source.replace(f"{{{name}!r}}", repr(value)).replace(f"{{{name}}}", str(value))
    started = time.monotonic()
    captured = _capture(agent, surroundings, source, case.seconds)
    took = time.monotonic() - started
    assert captured.graph is None
    assert case.message in captured.error.message
    if case.stage:
        assert captured.error.stage == case.stage
    marked = [number for number, line in enumerate(source.splitlines(), 1) if "# here" in line]
    if marked:
        assert (captured.error.file, captured.error.line) == (str(surroundings / "model.py"), marked[0])
    assert took < (case.seconds + 3 if case.stage == "timeout" else 15)
    _assert_usable(agent, surroundings)


def test_the_system_refuses_native_code(agent, surroundings):
    checks = "\n".join(f"if not ({code}): broken.append({name!r})" for name, code in NATIVE.items())
    body = textwrap.indent(f"broken = []\n{checks}\nraise ValueError(f'broken: {{broken}}')", " " * 8)
    captured = _capture(agent, surroundings, MODEL.format(top="", init="", forward=body))
    assert captured.error.message.startswith("ValueError: broken: []")
    _assert_usable(agent, surroundings)


@pytest.mark.parametrize("code", ALLOWED.values(), ids=ALLOWED)
def test_harmless_code_runs(agent, surroundings, code):
    source = MODEL.format(top="", init="", forward=textwrap.indent(code.replace("{{}}", "{}"), " " * 8))
    assert _capture(agent, surroundings, source).error is None


def test_a_script_below_the_class_does_not_run(agent, surroundings):
    source = MODEL.format(top="", init="", forward="") + TRAINS + "\nopen('/tmp/should-not-exist', 'w')\n"
    assert _capture(agent, surroundings, source).error is None
