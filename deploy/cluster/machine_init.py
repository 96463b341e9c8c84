"""The first process of a rehearsed machine: starts its services, starts again what dies, reaps what is orphaned.

Stands for systemd: services come back a second after they died. A file `hold-NAME` in the run folder keeps a service
down, so that a test can take one away for as long as it wants. When this process ends, so do all of its descendants.
"""

import ctypes
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
RESTART_AFTER_S = 1.0
STOP_WITHIN_S = 15.0

libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(signum=signal.SIGKILL):
    """For preexec_fn: holds for as long as the thread lives that started this process."""
    libc.prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)


def processes():
    """Every process's children, by the parent's number."""
    children = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = pathlib.Path("/proc", entry, "stat").read_text()
        except OSError:
            continue
        parent = int(stat.rsplit(")", 1)[1].split()[1])
        children.setdefault(parent, []).append(int(entry))
    return children


def descendants(pid):
    """Every process below `pid`, the eldest first."""
    children = processes()
    found, queue = [], [pid]
    while queue:
        below = children.get(queue.pop(0), [])
        found += below
        queue += below
    return found


def signal_all(pids, signum):
    for pid in pids:
        try:
            os.kill(pid, signum)
        except ProcessLookupError:
            pass


class Service:
    def __init__(self, specification, run_folder):
        self.name = specification["name"]
        self._specification = specification
        self._hold = run_folder / f"hold-{self.name}"
        self._due = 0.0
        self.process = None

    def tick(self, now):
        if self.process is not None or now < self._due or self._hold.exists():
            return
        specification = self._specification
        identity = {}
        if specification["user"]:
            identity = {"user": specification["user"], "group": specification["user"], "extra_groups": []}
        argv = specification["argv"]
        if specification["grouped"]:
            argv = [sys.executable, "-B", __file__, "--group", *argv]
        with open(specification["log"], "ab") as log:
            self.process = subprocess.Popen(
                argv, env={**os.environ, **specification["env"]}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd="/", start_new_session=True, preexec_fn=die_with_parent, **identity)

    def died(self, now):
        self.process = None
        self._due = now + RESTART_AFTER_S


class Machine:
    def __init__(self, specification):
        run_folder = pathlib.Path(specification["run_folder"])
        self._services = [Service(each, run_folder) for each in specification["services"]]
        self._stopping = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _stop(self, *_):
        self._stopping = True

    def _reap(self):
        """Waits for any child: orphans of the services come to this process."""
        now = time.monotonic()
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for service in self._services:
                if service.process is not None and service.process.pid == pid:
                    service.process.returncode = os.waitstatus_to_exitcode(status)
                    service.died(now)

    def run(self):
        while not self._stopping:
            self._reap()
            for service in self._services:
                service.tick(time.monotonic())
            time.sleep(0.1)
        self._end_in_order()

    def _end_in_order(self):
        """The last started ends first: who uses a service ends before it."""
        give_up = time.monotonic() + STOP_WITHIN_S
        for service in reversed(self._services):
            if service.process is not None:
                signal_all([service.process.pid], signal.SIGTERM)
            while service.process is not None and time.monotonic() < give_up:
                self._reap()
                time.sleep(0.02)


def run_group(argv):
    """A process and all that it leaves: when it dies, so do they, as with systemd's KillMode=mixed."""
    die_with_parent()
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    leader = subprocess.Popen(argv, preexec_fn=die_with_parent)
    signal.signal(signal.SIGTERM, lambda *_: leader.send_signal(signal.SIGTERM))
    pid = status = None
    while pid != leader.pid:
        pid, status = os.waitpid(-1, 0)
    while left := descendants(os.getpid()):
        signal_all(left, signal.SIGKILL)
        os.waitpid(-1, 0)
    return max(0, os.waitstatus_to_exitcode(status))


def main():
    if sys.argv[1] == "--group":
        return run_group(sys.argv[2:])
    die_with_parent(signal.SIGTERM if os.getpid() != 1 else signal.SIGKILL)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if os.getpid() == 1:
        # A rebooted machine must not give another process the number that a stale postmaster.pid names.
        pathlib.Path("/proc/sys/kernel/ns_last_pid").write_text(str(random.randint(1_000, 25_000)))
    specification = json.loads(pathlib.Path(sys.argv[1]).read_text())
    print("booted", flush=True)
    if sys.stdin.readline() != "network\n":
        return 1
    try:
        Machine(specification).run()
    finally:
        signal_all(descendants(os.getpid()), signal.SIGKILL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
