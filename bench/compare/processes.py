"""Processes of a comparison: pinned to a core, accounted for with all their children, ended with this one."""

import contextlib
import os
import pathlib
import random
import signal
import socket
import subprocess
import time
import typing

SERVER_CORE = 0
LOAD_CORE = 1
READY_WITHIN_S = 30.0
STOP_WITHIN_S = 10.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


Found = typing.TypeVar("Found")


class Failed(RuntimeError):
    """A server or a load that did not do what it is there for, in words for a person."""


def free_port() -> int:
    """Below those that the kernel gives to whoever connects, so that no load has it before the server listens; where
    these leave none below them, one of them."""
    given_by_kernel = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    lowest, first_given = 10_000, int(given_by_kernel[0])
    for _ in range(100):
        port = random.randrange(lowest, first_given if first_given > lowest else int(given_by_kernel[1]))
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
            return port
    raise Failed("no port is free")


def pinned(core: int, command: typing.Sequence[str | os.PathLike[str]], user: str | None = None,
           dies_by: str = "TERM") -> list[str]:
    """The command on one core, told to end by a signal when this process ends. `user`: whom root runs it as."""
    identity = ["--reuid", user, "--regid", user, "--init-groups"] if user and os.geteuid() == 0 else []
    return ["setpriv", *identity, "--pdeathsig", dies_by, "--", "taskset", "--cpu-list", str(core), *map(str, command)]


class Server:
    """A process on the server's core. Use as a context; its output goes to a file."""

    def __init__(self, name: str, command: typing.Sequence[str | os.PathLike[str]], log: pathlib.Path, user: str | None = None,
                 stop_signal: signal.Signals = signal.SIGTERM):
        self.name = name
        self.log = log
        self._stop_signal = stop_signal
        with open(log, "wb") as output:
            # A session of its own: Ctrl-C must reach the one who stops it in order, not the server.
            self.process = subprocess.Popen(
                pinned(SERVER_CORE, command, user, stop_signal.name[3:]), stdout=output, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, cwd="/", start_new_session=True)

    def __enter__(self) -> typing.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self.process.pid

    def ready_url(self) -> str:
        """The address in the line `ready URL` that the store's own programs print."""
        def announced() -> str | None:
            lines = self.log.read_text(errors="replace").splitlines()
            return next((line.split()[1] for line in lines if line.startswith("ready ")), None)
        return self.wait_for(announced).replace("//localhost:", "//127.0.0.1:")

    def wait_for(self, found: typing.Callable[[], Found | None]) -> Found:
        """Polls until `found` is true; returns what it found."""
        give_up = time.monotonic() + READY_WITHIN_S
        while not (result := found()):
            if self.process.poll() is not None:
                raise Failed(f"{self.name} ended at its start: {self.last_words()}")
            if time.monotonic() > give_up:
                raise Failed(f"{self.name} is not ready after {READY_WITHIN_S:.0f} s: {self.last_words()}")
            time.sleep(0.05)
        return result

    def last_words(self) -> str:
        return " / ".join(self.log.read_text(errors="replace").splitlines()[-3:])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self._stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_WITHIN_S)
        # What is left of its session: a server killed hard leaves its workers behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()


def _stat(pid: int) -> tuple[int, int] | None:
    """Parent and ticks of processor time, those of children that were waited for included."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[1]), sum(map(int, fields[11:15]))


def tree(roots: typing.Iterable[int]) -> dict[int, int]:
    """Process id to ticks, of the roots and all that descends from them."""
    stats = {int(name): found for name in os.listdir("/proc") if name.isdigit() and (found := _stat(int(name)))}
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in stats.items():
        children.setdefault(parent, []).append(pid)
    members, todo = {}, list(roots)
    while todo:
        pid = todo.pop()
        if pid in stats:
            members[pid] = stats[pid][1]
            todo += children.get(pid, [])
    return members


def cpu_seconds(roots: typing.Iterable[int]) -> float:
    return sum(tree(roots).values()) / TICKS_PER_S


def memory_bytes(pids: typing.Iterable[int]) -> int:
    """Proportional set size: pages that several processes share are divided among them."""
    total = 0
    for pid in pids:
        rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
    return total


class CoreClock:
    """How long the cores were busy since it was made. Time that the host gave to others (steal) counts: a core that was not
    there did not rest for want of requests."""

    def __init__(self) -> None:
        self._start = self._read()

    @staticmethod
    def _read() -> dict[int, int]:
        """Core to ticks, but those of `idle` and `iowait`."""
        busy = {}
        for line in pathlib.Path("/proc/stat").read_text().splitlines():
            name, *fields = line.split()
            if name.startswith("cpu") and name != "cpu":
                user, nice, system, _, _, *others = map(int, fields[:8])
                busy[int(name[3:])] = user + nice + system + sum(others)
        return busy

    def busy_seconds(self, core: int) -> float:
        return (self._read()[core] - self._start[core]) / TICKS_PER_S
