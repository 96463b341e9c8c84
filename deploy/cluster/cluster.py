"""A rehearsed cluster: three machines on one host, made, watched, broken and removed."""

import concurrent.futures
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from .machine import Machine
from .network import Unsupported, make_network, run
from .settings import Settings, load_or_make_secrets

POSTGRES_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
NEEDED = ("/usr/bin/etcd", "/usr/bin/patroni", str(POSTGRES_BIN / "postgres"))


TEMPORARY_PREFIX = "bazar-cluster-"


def missing_programs():
    return [program for program in NEEDED if not os.access(program, os.X_OK)]


def lock_folder(folder):
    """The file that says a folder is in use, locked; None where another process has it."""
    lock = open(folder / "lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def remove_left_folders():
    """Temporary folders whose owner was killed: its processes died with it, its files could not."""
    for folder in pathlib.Path(tempfile.gettempdir()).glob(TEMPORARY_PREFIX + "*"):
        # One without the file may be another process's that is just starting.
        if folder.stat().st_uid != os.getuid() or not (folder / "lock").exists():
            continue
        lock = lock_folder(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()


class Cluster:
    """Use as a context. Without a folder of its own it keeps its data in a temporary one and removes that.

    `disk_mib` gives every machine a disk of its own of that size, in memory (namespaces only). `backups`: a folder of the
    user that PostgreSQL runs as, where pgBackRest keeps everything.
    """

    def __init__(self, folder=None, binary=None, network="auto", machines=3, frontend_port=8080, demo_books=True,
                 disk_mib=None, backups=None):
        missing = missing_programs()
        if missing:
            raise Unsupported(f"missing: {', '.join(missing)} (tools/install-dependencies packages-cluster.txt)")
        self._temporary = folder is None
        self._disk_mib = None
        self.machines = {}
        remove_left_folders()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX) if folder is None else folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = lock_folder(self.folder)
        if self._lock is None:
            raise Unsupported(f"{self.folder} is in use by another cluster")
        # Users of the services must pass through it; what is secret below has modes of its own.
        self.folder.chmod(0o711)
        self._binary = binary and pathlib.Path(binary).resolve()
        self._disk_mib = disk_mib
        try:
            self.network = make_network(network)
        except BaseException:
            self._remove_folder()
            raise
        names = [f"m{number}" for number in range(1, machines + 1)]
        self.machines = {name: Machine(name, number, self.folder / name, self.network)
                         for number, name in enumerate(names, 1)}
        self.settings = Settings(
            cluster="bazar", network=self.network.network,
            machines={name: machine.address for name, machine in self.machines.items()},
            frontend_port=frontend_port, shared_buffers="128MB", demo_books=demo_books,
            backup_repository={f"{what}-path": f"{backups}/{what}" for what in ("repo1", "log", "lock")} if backups else {},
            only_own_address=not self.network.can_cut)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __getitem__(self, name):
        return self.machines[name]

    @property
    def has_store(self):
        return self._binary is not None

    @property
    def cut_off(self):
        return [name for name, machine in self.machines.items() if machine.is_cut]

    def start(self, within=60):
        """Switches every machine on. Waits only for the first to have made the database, so that it is made once."""
        self.secrets = load_or_make_secrets(self.folder / "secrets.json")
        if self._disk_mib:
            self.network.own_mounts()
        for machine in self.machines.values():
            if self._disk_mib:
                machine.disk.mkdir(parents=True)
                run("mount", "-t", "tmpfs", "-o", f"size={self._disk_mib}m,mode=711", "tmpfs", str(machine.disk))
            machine.install(self.settings, self.secrets, str(POSTGRES_BIN), self._binary)
        first, *others = self.machines.values()
        for machine in others:
            machine.hold("patroni")
        for machine in self.machines.values():
            machine.boot()
        self.wait_until(self.leader, f"a primary on {first.name}", within)
        for machine in others:
            machine.release("patroni")

    def close(self):
        for machine in self.machines.values():
            # Data that are thrown away need no orderly end.
            machine.kill() if self._temporary else machine.shut_down()
        self.network.close()
        self._remove_folder()
        self._lock.close()

    def keep_logs(self, folder):
        """Copies every service's log to a folder, where one is named."""
        for log in self.folder.glob("*/log/*.log") if folder else ():
            target = pathlib.Path(folder) / f"{log.parent.parent.name}-{log.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(log, target)

    def _remove_folder(self):
        if self._disk_mib:
            for machine in self.machines.values():
                subprocess.run(["umount", str(machine.disk)], capture_output=True)
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def urls(self, role="frontend"):
        port = {"frontend": self.settings.frontend_port, "catalog": 8101, "orders": 8201}[role]
        return {name: f"http://{machine.address}:{port}" for name, machine in self.machines.items()}

    # --- what Patroni knows

    def _ask(self, machine, path, timeout):
        try:
            with urllib.request.urlopen(f"http://{machine.address}:8008{path}", timeout=timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            # Patroni tells its state with a status for load balancers.
            return json.load(error)
        except (OSError, ValueError):
            return None

    def own_state(self, name, timeout=1.0):
        """What the Patroni of one machine says of its own PostgreSQL, or None."""
        return self._ask(self.machines[name], "/patroni", timeout)

    def own_states(self, timeout=1.0):
        with concurrent.futures.ThreadPoolExecutor(len(self.machines)) as pool:
            return dict(zip(self.machines, pool.map(lambda name: self.own_state(name, timeout), self.machines)))

    def members(self, timeout=1.0):
        """Name to {role, state, timeline, lag, …} as etcd has it, or {} where nobody knows."""
        for machine in self.machines.values():
            if machine.is_on and not machine.frozen:
                answer = self._ask(machine, "/cluster", timeout)
                if answer and answer.get("members"):
                    return {member["name"]: member for member in answer["members"]}
        return {}

    def roles(self):
        """Name to `leader`, `sync_standby`, `replica`, …"""
        return {name: member["role"] for name, member in self.members().items()}

    def leader(self):
        return next((name for name, role in self.roles().items() if role == "leader"), None)

    def synchronous_standby(self):
        return next((name for name, role in self.roles().items() if role == "sync_standby"), None)

    def is_whole(self):
        """One leader, a synchronous standby, and everybody else streaming from that leader, as every machine says itself.

        One machine's word is not enough: a leader that has just been thawed still shows the lock that it has lost, and
        standbys that have long gone.
        """
        roles = self.roles()
        if sorted(roles.values()).count("leader") != 1 or "sync_standby" not in roles.values():
            return False
        states = self.own_states()
        primaries = [name for name, state in states.items() if (state or {}).get("role") in ("master", "primary")]
        if [name for name, role in roles.items() if role == "leader"] != primaries:
            return False
        if any((state or {}).get("state") != "running" for state in states.values()):
            return False
        # `running` is no proof: a standby that waits for a timeline which nobody continues runs too.
        leader = primaries[0]
        streaming = {stream["application_name"] for stream in states[leader].get("replication", [])
                     if stream["state"] == "streaming"}
        return streaming == set(self.machines) - {leader}

    def wait_until(self, condition, what, within):
        """Polls; returns the seconds it took. `what` is told where it does not come about."""
        started = time.monotonic()
        while not condition():
            if time.monotonic() - started > within:
                raise TimeoutError(f"not within {within:.0f} s: {what}; members: {self.members()}")
            time.sleep(0.1)
        return time.monotonic() - started

    def wait_until_whole(self, within=90.0):
        return self.wait_until(self.is_whole, "a whole cluster", within)

    # --- SQL as the superuser, for preparation and checks

    def connection_string(self, name, database="postgres"):
        return (f"host={self.machines[name].address} port=5432 user=postgres dbname={database} connect_timeout=3 "
                f"password={self.secrets['superuser_password']}")

    def sql(self, name, statement, database="postgres"):
        """Rows of text of one statement on one machine."""
        done = subprocess.run(
            [str(POSTGRES_BIN / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement],
            env={**os.environ, "PGPASSWORD": self.secrets["superuser_password"], "PGUSER": "postgres",
                 "PGHOST": self.machines[name].address, "PGDATABASE": database, "PGCONNECT_TIMEOUT": "3"},
            capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{name}: {done.stderr.strip()}")
        return done.stdout.splitlines()
