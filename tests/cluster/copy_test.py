#!/usr/bin/python3
"""A store moves from SQLite to PostgreSQL and goes on there: copy_test.py BAZAR

Exit code 77: this host has no PostgreSQL 15.
"""

import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request

sys.dont_write_bytecode = True
import postgres_server  # noqa: E402

GENERATE_BOOKS = pathlib.Path(__file__).resolve().parents[2] / "tools/generate-books"
PURCHASES = 5
BOOKS = 3_500  # some chunks of a copy


def check(condition, what):
    if not condition:
        raise AssertionError(what)


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


def copy(binary, source, target, failpoints=""):
    return subprocess.run([binary, "copy", "--from", f"sqlite:{source}", "--to", target], capture_output=True, text=True,
                          env={**os.environ, "BAZAR_FAILPOINTS": failpoints})


def counts(done):
    """Table to rows, as the copy told them."""
    return {line.split()[1]: int(line.split()[2].replace(",", "")) for line in done.stdout.splitlines()}


def moves_with_every_sale(binary, folder, server):
    source, target = folder / "store", server.create_database("moved")
    with store(binary, "--data", str(source)) as url:
        bought = [ask(f"{url}/purchase/2", {"name": "Hiba"})["order_id"] for _ in range(PURCHASES)]
        refused = copy(binary, source, target)
        check(refused.returncode == 1 and "stop the store" in refused.stderr, f"copied a store that runs: {refused}")
    done = copy(binary, source, target)
    check(done.returncode == 0, done.stderr)
    rows = counts(done)
    check(rows["books"] == 7 and rows["sales"] == PURCHASES and rows["orders"] == PURCHASES, done.stdout)
    again = copy(binary, source, target)
    check(again.returncode == 1 and "not empty" in again.stderr, f"copied over a store: {again}")
    with store(binary, "--data", str(folder / "moved"), "--database", target) as url:
        orders = ask(f"{url}/orders?name=Hiba")["orders"]
        check({order["order_id"] for order in orders} == set(bought), f"orders after the move: {orders}")
        quantity = ask(f"{url}/info/2")["quantity"]
        ask(f"{url}/purchase/2", {"name": "Lina"})
        check(ask(f"{url}/info/2")["quantity"] == quantity - 1 == 60 - PURCHASES - 1, "stock after the move")


def import_books(binary, folder, url, data):
    books = folder / "books.csv"
    with books.open("w") as file:
        subprocess.run([GENERATE_BOOKS, str(BOOKS)], check=True, stdout=file)
    subprocess.run([binary, "import", str(books), "--url", url, "--data", data], check=True, capture_output=True)


def a_copy_that_dies_goes_on(binary, folder, server):
    """Killed after each chunk, and between the services, until nothing is left to copy."""
    source = folder / "large"
    with store(binary, "--data", str(source), "--no-demo") as url:
        import_books(binary, folder, url, str(source))
        book = ask(f"{url}/info?limit=1")["books"][0]["id"]
        for _ in range(PURCHASES):
            ask(f"{url}/purchase/{book}", {"name": "Hiba"})
    whole, pieces = server.create_database("whole"), server.create_database("pieces")
    done = copy(binary, source, whole)
    check(done.returncode == 0, done.stderr)
    deaths = 0
    while True:
        resumed = copy(binary, source, pieces, "copy.after_chunk=crash")
        if resumed.returncode >= 0:
            break
        check(resumed.returncode == -signal.SIGKILL, resumed.stderr)
        deaths += 1
        check(deaths < 100, "the copy makes no progress")
    check(resumed.returncode == 0 and resumed.stdout == done.stdout, f"{resumed}\nwithout deaths: {done}")
    check(deaths > 2 * BOOKS / 1_000, f"only {deaths} deaths")

    between = server.create_database("between")
    cut_off = copy(binary, source, between, "copy.after_database=crash")
    check(cut_off.returncode == -signal.SIGKILL, cut_off.stderr)
    check(server.sql("SELECT count(*) FROM books", "between") == str(BOOKS), "the catalog was copied first")
    check(server.sql("SELECT revision FROM meta", "between") == "0", "half a store looks like a whole one")
    resumed = copy(binary, source, between)
    check(resumed.returncode == 0 and resumed.stdout == done.stdout, f"{resumed}\nwithout deaths: {done}")
    with contextlib.closing(sqlite3.connect(source / "catalog.db")) as database:
        revision = database.execute("SELECT revision FROM meta").fetchone()[0]
    check(server.sql("SELECT revision FROM meta", "between") == str(revision), "the revision goes on")
    return deaths


def main():
    if not postgres_server.installed():
        print(postgres_server.MISSING)
        return 77
    with tempfile.TemporaryDirectory(prefix="bazar-copy-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o711)
        with postgres_server.running(folder) as server:
            moves_with_every_sale(sys.argv[1], folder, server)
            print("a store moved to PostgreSQL, with every sale and order, and went on")
            deaths = a_copy_that_dies_goes_on(sys.argv[1], folder, server)
            print(f"a copy that died {deaths} times brought the same rows as one that did not")
    return 0


if __name__ == "__main__":
    sys.exit(main())
