#!/usr/bin/python3
"""A store moves from SQLite to PostgreSQL and goes on there: copy_test.py BAZAR

Exit code 77: this host has no PostgreSQL 15.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

POSTGRES_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
PURCHASES = 5


def check(condition, what):
    if not condition:
        raise AssertionError(what)


@contextlib.contextmanager
def postgres(folder):
    """A server on a Unix socket only; its connection string. The server refuses root."""
    data = folder / "pg"
    data.mkdir()
    identity = {}
    if os.geteuid() == 0:
        shutil.chown(data, "postgres", "postgres")
        identity = {"user": "postgres", "group": "postgres", "extra_groups": []}
    run = lambda *words: subprocess.run(words, check=True, capture_output=True, cwd="/", **identity)
    run(POSTGRES_BIN / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8")
    server = subprocess.Popen(
        [POSTGRES_BIN / "postgres", "-D", data, "-k", data, "-c", "listen_addresses="], cwd="/",
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **identity)
    try:
        for _ in range(300):
            if subprocess.run([POSTGRES_BIN / "pg_isready", "-h", data], capture_output=True).returncode == 0:
                break
            check(server.poll() is None, "PostgreSQL did not start")
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.1)
        yield f"postgresql://postgres@/postgres?host={data}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


@contextlib.contextmanager
def store(binary, *arguments):
    process = subprocess.Popen([binary, "up", "--port", "0", *arguments], stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.DEVNULL)
    try:
        for line in process.stdout:
            if line.startswith("ready "):
                yield line.split()[1]
                return
        raise AssertionError("the store did not become ready")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        process.stdout.close()


def ask(url, body=None):
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def copy(binary, source, target):
    return subprocess.run([binary, "copy", "--from", f"sqlite:{source}", "--to", target], capture_output=True, text=True)


def scenario(binary, folder, target):
    source = folder / "store"
    with store(binary, "--data", str(source)) as url:
        bought = [ask(f"{url}/purchase/2", {"name": "Hiba"})["order_id"] for _ in range(PURCHASES)]
        refused = copy(binary, source, target)
        check(refused.returncode == 1 and "stop the store" in refused.stderr, f"copied a store that runs: {refused}")
    done = copy(binary, source, target)
    check(done.returncode == 0, done.stderr)
    rows = {line.split()[1]: int(line.split()[2].replace(",", "")) for line in done.stdout.splitlines()}
    check(rows["books"] == 7 and rows["sales"] == PURCHASES and rows["orders"] == PURCHASES, done.stdout)
    again = copy(binary, source, target)
    check(again.returncode == 1 and "not empty" in again.stderr, f"copied over a store: {again}")
    with store(binary, "--data", str(folder / "moved"), "--database", target) as url:
        orders = ask(f"{url}/orders?name=Hiba")["orders"]
        check({order["order_id"] for order in orders} == set(bought), f"orders after the move: {orders}")
        quantity = ask(f"{url}/info/2")["quantity"]
        ask(f"{url}/purchase/2", {"name": "Lina"})
        check(ask(f"{url}/info/2")["quantity"] == quantity - 1 == 60 - PURCHASES - 1, "stock after the move")


def main():
    if not (POSTGRES_BIN / "postgres").exists():
        print("skipped: PostgreSQL 15 is missing (tools/install-dependencies packages-cluster.txt)")
        return 77
    with tempfile.TemporaryDirectory(prefix="bazar-copy-") as name:
        folder = pathlib.Path(name)
        # The server's user passes through.
        folder.chmod(0o711)
        with postgres(folder) as target:
            scenario(sys.argv[1], folder, target)
    print("a store moved to PostgreSQL, with every sale and order, and went on")
    return 0


if __name__ == "__main__":
    sys.exit(main())
