"""A PostgreSQL server of a test's own, on a Unix socket in a temporary folder. The server refuses root, and then runs as
`postgres`.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

POSTGRES_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
MISSING = "skipped: PostgreSQL 15 is missing (tools/install-dependencies packages-cluster.txt)"


def installed():
    return (POSTGRES_BIN / "postgres").exists()


class Server:
    def __init__(self, data):
        self._data = data

    def url(self, database="postgres", user="postgres"):
        return f"postgresql://{user}@/{database}?host={self._data}"

    def sql(self, statement, database="postgres"):
        """The first column of what it returns, a line a row."""
        done = subprocess.run([POSTGRES_BIN / "psql", "--no-psqlrc", "-qtAX", "-v", "ON_ERROR_STOP=1", "-c", statement,
                               self.url(database)], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def create_database(self, name):
        self.sql(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)


@contextlib.contextmanager
def running(folder):
    """`folder` must let everybody pass through."""
    data = folder / "pg"
    data.mkdir()
    identity = {}
    if os.geteuid() == 0:
        shutil.chown(data, "postgres", "postgres")
        identity = {"user": "postgres", "group": "postgres", "extra_groups": []}
    run = lambda *words: subprocess.run(words, check=True, capture_output=True, cwd="/", **identity)
    run(POSTGRES_BIN / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8")
    process = subprocess.Popen(
        [POSTGRES_BIN / "postgres", "-D", data, "-k", data, "-c", "listen_addresses="], cwd="/",
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **identity)
    try:
        for _ in range(300):
            if subprocess.run([POSTGRES_BIN / "pg_isready", "-h", data], capture_output=True).returncode == 0:
                break
            if process.poll() is not None:
                raise AssertionError("PostgreSQL did not start")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        yield Server(data)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
