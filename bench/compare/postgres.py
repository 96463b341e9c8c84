"""PostgreSQL for a comparison: own instances in a temporary folder, alone or with a synchronous standby."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import typing

from processes import Failed, Server, free_port

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
USER = "postgres"
# What deploy/patroni gives a machine, where it matters for speed.
SETTINGS = {"shared_buffers": "128MB", "max_wal_size": "4GB", "wal_log_hints": "on", "max_connections": "200",
            "synchronous_commit": "on", "fsync": "on"}


class Postgres:
    """A running primary, and its standby where it has one."""

    def __init__(self, port: int, servers: list[Server]):
        self._port = port
        self.servers = servers

    @property
    def pids(self) -> list[int]:
        return [server.pid for server in self.servers]

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self._port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> list[str]:
        done = subprocess.run([BIN / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", statement],
                              capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise Failed(f"psql: {done.stderr.strip()}")
        return done.stdout.splitlines()


@contextlib.contextmanager
def primary(folder: pathlib.Path) -> typing.Iterator[Postgres]:
    home = _own_folder(folder)
    _run("initdb", "-D", home / "data", "-U", USER, "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums",
         "--no-sync")
    port = free_port()
    with _server("postgres", home / "data", port, home) as server:
        postgres = Postgres(port, [server])
        server.wait_for(lambda: _accepts(postgres))
        yield postgres


@contextlib.contextmanager
def primary_with_standby(folder: pathlib.Path) -> typing.Iterator[Postgres]:
    """No commit is acknowledged before the standby has it on its disk."""
    with primary(folder) as postgres:
        home = _own_folder(folder.with_name(folder.name + "-standby"))
        port = free_port()
        _run("pg_basebackup", "-D", home / "data", "-d", postgres.url("postgres"), "-R", "--checkpoint=fast", "--no-sync")
        with _server("standby", home / "data", port, home) as server:
            both = Postgres(postgres._port, [*postgres.servers, server])
            both.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
            both.sql("SELECT pg_reload_conf()")
            server.wait_for(lambda: both.sql("SELECT sync_state FROM pg_stat_replication") == ["sync"])
            yield both


def _server(name: str, data: pathlib.Path, port: int, home: pathlib.Path) -> Server:
    settings = SETTINGS | {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(home)}
    words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    # An immediate end: nobody wants the data afterwards.
    return Server(name, [BIN / "postgres", "-D", data, *words], home.with_suffix(".log"), USER, signal.SIGQUIT)


def _accepts(postgres: Postgres) -> bool:
    return subprocess.run([BIN / "pg_isready", "-q", "-d", postgres.url("postgres")]).returncode == 0


def _own_folder(folder: pathlib.Path) -> pathlib.Path:
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, USER, USER)
    return folder


def _run(program: str, *arguments: str | pathlib.Path) -> None:
    identity = ["setpriv", "--reuid", USER, "--regid", USER, "--init-groups", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*identity, BIN / program, *arguments], capture_output=True, text=True, cwd="/")
    if done.returncode != 0:
        raise Failed(f"{program}: {done.stderr.strip()}")
