"""One rehearsed machine: its files, its processes, and what can happen to it."""

import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time

from . import rendering
from .machine_init import descendants, die_with_parent, signal_all
from .settings import Layout

ROLES = ("catalog", "orders", "frontend")
ETCD_USER = "etcd"
POSTGRES_USER = "postgres"


def read_environment_file(path):
    lines = (line for line in pathlib.Path(path).read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


class Machine:
    """Files under `folder`; processes in namespaces of their own, where the network has any."""

    def __init__(self, name, number, folder, network):
        self.name = name
        self.number = number
        self.folder = folder
        self.address = network.address(number)
        self._network = network
        self._process = None
        self._init_pid = None
        self.frozen = False
        self.is_cut = False

    @property
    def disk(self):
        """Where PostgreSQL's data lie; what fills it takes room from them."""
        return self.folder / "disk"

    @property
    def postgres_data(self):
        return self.disk / "postgres"

    def log(self, service):
        return self.folder / "log" / f"{service}.log"

    def layout(self, postgres_bin):
        root = self.folder
        return Layout(etc=str(root / "etc"), bazar_etc=str(root / "etc/bazar"), patroni_etc=str(root / "etc/patroni"),
                      patroni_var=str(root / "run"), etcd_data=str(root / "etcd"),
                      postgres_data=str(self.postgres_data), postgres_bin=postgres_bin, socket_dir=str(root / "run"))

    def install(self, settings, secrets, postgres_bin, binary):
        """Writes the machine's files. Whoever is root gives them to the users that the services run as."""
        for folder in ("log", "run", "etcd", "disk/postgres"):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
        (self.folder / "etcd").chmod(0o700)
        self.postgres_data.chmod(0o700)
        written = rendering.render_machine(settings, self.name, self.layout(postgres_bin), secrets, self.folder)
        if os.geteuid() == 0:
            shutil.chown(self.folder / "etcd", ETCD_USER, ETCD_USER)
            for path in (self.postgres_data, self.folder / "run"):
                shutil.chown(path, POSTGRES_USER, POSTGRES_USER)
            for path, owner in written:
                if owner == "postgres":
                    shutil.chown(path, POSTGRES_USER, POSTGRES_USER)
        self._specification = self.folder / "machine.json"
        self._specification.write_text(json.dumps(
            {"run_folder": str(self.folder / "run"), "services": self._services(binary)}))

    def _services(self, binary):
        root = os.geteuid() == 0
        etc = self.folder / "etc"
        service = lambda name, argv, env, user: {"name": name, "argv": argv, "env": env,
                                                 "grouped": name == "patroni", "user": user if root else None, "log": str(self.log(name))}
        services = [service("etcd", ["/usr/bin/etcd"], read_environment_file(etc / "default/etcd"), ETCD_USER),
                    service("patroni", ["/usr/bin/patroni", str(etc / "patroni/config.yml")], {}, POSTGRES_USER)]
        for role in ROLES if binary else ():
            environment = read_environment_file(etc / f"bazar/{role}.env")
            argv = [str(binary), role, *shlex.split(environment["BAZAR_ARGS"])]
            services.append(service(role, argv, environment, None))
        return services

    @property
    def is_on(self):
        return self._process is not None and self._process.poll() is None

    def boot(self):
        """Switches the machine on. Call from a thread that lives as long as the machine is to."""
        assert not self.is_on
        init = pathlib.Path(__file__).with_name("machine_init.py")
        with open(self.log("init"), "ab") as log:
            self._process = subprocess.Popen(
                [*self._network.wrapper, sys.executable, "-B", str(init), str(self._specification)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, preexec_fn=die_with_parent,
                start_new_session=True)
        if self._process.stdout.readline() != "booted\n":
            raise RuntimeError(f"{self.name} did not boot")
        self._init_pid = self._process.pid
        if self._network.wrapper:
            self._init_pid = descendants(self._process.pid)[0]
        self._network.attach(self._init_pid, self.name, self.number)
        self.frozen = self.is_cut = False
        self._process.stdin.write("network\n")
        self._process.stdin.flush()

    def kill(self):
        """The power fails: no packet tells the others."""
        if not self.is_on:
            return
        if self._network.can_cut:
            self._network.cut(self.name)
        # Stopped first, so that nothing runs on while the others are being killed.
        self.freeze()
        signal_all(descendants(self._process.pid) + [self._process.pid], signal.SIGKILL)
        self._wait_for_end()

    def shut_down(self):
        if not self.is_on:
            return
        self.thaw()
        signal_all([self._init_pid], signal.SIGTERM)
        self._wait_for_end()

    def _wait_for_end(self):
        self._process.wait(30)
        self._process.stdin.close()
        self._process.stdout.close()
        self._process = None
        self.frozen = False

    def _all_pids(self):
        return [self._init_pid, *descendants(self._init_pid)]

    def freeze(self):
        """Every process stops, as on a host that swaps or a paused virtual machine. The kernel goes on answering."""
        self.frozen = True
        stopped = set()
        while new := set(self._all_pids()) - stopped:
            signal_all(new, signal.SIGSTOP)
            stopped |= new

    def thaw(self):
        self.frozen = False
        signal_all(self._all_pids(), signal.SIGCONT)

    def cut(self):
        self._network.cut(self.name)
        self.is_cut = True

    def heal(self):
        self._network.heal(self.name)
        self.is_cut = False

    def pids(self, service):
        """The main process of a service, if it runs: etcd, patroni, postgres, catalog, orders or frontend."""
        return [pid for pid in descendants(self._init_pid) if self._is(pid, service)] if self.is_on else []

    @staticmethod
    def _is(pid, service):
        try:
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            return False
        if service == "postgres":
            # Its children call themselves `postgres: …`.
            return command[0].endswith("/postgres") and "-D" in command
        if service == "patroni":
            return any(word.endswith("/patroni") for word in command[:3])
        if service == "etcd":
            return command[0].endswith("/etcd")
        return command[1:2] == [service]

    def kill_service(self, service, signum=signal.SIGKILL):
        pids = self.pids(service)
        signal_all(pids, signum)
        return bool(pids)

    def hold(self, service):
        """Keeps a service that dies from being started again."""
        (self.folder / "run" / f"hold-{service}").touch()

    def release(self, service):
        (self.folder / "run" / f"hold-{service}").unlink(missing_ok=True)

    def fill_disk(self):
        """Takes all the room that is left."""
        with open(self.disk / "ballast", "wb", buffering=0) as ballast:
            try:
                while ballast.write(bytes(1 << 20)):
                    pass
            except OSError:
                return

    def free_disk(self):
        (self.disk / "ballast").unlink(missing_ok=True)

    def wait_until_down(self, service, within=10.0):
        give_up = time.monotonic() + within
        while self.pids(service):
            if time.monotonic() > give_up:
                raise TimeoutError(f"{service} on {self.name} did not end")
            time.sleep(0.02)
