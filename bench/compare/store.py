"""The store itself, as `bazar up` starts it, over SQLite or PostgreSQL, with made-up books that do not sell out."""

import contextlib
import csv
import http.client
import io
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import typing

import http_answer
from processes import Failed, LOAD_CORE, Server, pinned, tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
STOCK = 1_000_000_000  # of every book: the most that the store takes
SMALL_TOPIC = "comparison"  # of the first three books, as many as a topic of the earlier stores had
SMALL_TOPIC_BOOKS = 3


class Store:
    """A running one; `url` is its first front-end's."""

    def __init__(self, server: Server, folder: pathlib.Path, url: str):
        self.server = server
        self.folder = folder
        self.url = url

    def members(self, role: str) -> list[dict[str, typing.Any]]:
        """Their `pid` and `url`."""
        everyone = json.loads((self.folder / "members.json").read_text())
        return [member for member in everyone if member["role"] == role]

    def all_pids(self) -> list[int]:
        """The supervisor included."""
        return list(tree([self.server.pid]))


class Stores:
    """Makes stores that have the same books: those are imported once, and copied."""

    def __init__(self, bazar: pathlib.Path, folder: pathlib.Path, books: int):
        self.books = books
        self._bazar = bazar
        self._folder = folder
        self._template = folder / "template"

    def import_books(self) -> None:
        rows = self._folder / "books.csv"
        write_books(rows, self.books)
        with self._open("template", self._template) as store:
            self._run("import", rows, "--url", store.url, "--data", self._template, "--quantity", str(STOCK))

    def copy_catalog(self, file: pathlib.Path) -> None:
        """As an SQLite file that no server has open."""
        with (contextlib.closing(sqlite3.connect(self._template / "catalog.db")) as source,
              contextlib.closing(sqlite3.connect(file)) as target):
            source.backup(target)

    def copy_to(self, database: str) -> None:
        """Into an empty PostgreSQL database."""
        self._run("copy", "--from", f"sqlite:{self._template}", "--to", database)

    @contextlib.contextmanager
    def start(self, name: str, *arguments: str) -> typing.Iterator[Store]:
        """Over a copy of the books in SQLite, or over the database that the arguments name."""
        folder = self._folder / name
        if "--database" not in arguments:
            shutil.copytree(self._template, folder, ignore=shutil.ignore_patterns("members.json", "log"))
        with self._open(name, folder, *arguments) as store:
            yield store

    @contextlib.contextmanager
    def _open(self, name: str, folder: pathlib.Path, *arguments: str) -> typing.Iterator[Store]:
        command: list[str | pathlib.Path] = [self._bazar, "up", "--port", "0", "--no-demo", "--data", folder, *arguments]
        with Server(name, command, self._folder / f"{name}.out") as server:
            yield Store(server, folder, server.ready_url())

    def _run(self, *arguments: str | pathlib.Path) -> None:
        done = subprocess.run(pinned(LOAD_CORE, [self._bazar, *arguments]), capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"bazar {arguments[0]}: {done.stderr.strip() or done.stdout.strip()}")


def write_books(path: pathlib.Path, count: int) -> None:
    """Those of tools/generate-books without their quantities, the first ones in a topic of their own."""
    made = subprocess.Popen([sys.executable, ROOT / "tools" / "generate-books", str(count)], stdout=subprocess.PIPE, text=True,
                            encoding="utf-8")
    with made, open(path, "w", newline="", encoding="utf-8") as out:
        rows = csv.DictReader(made.stdout or io.StringIO())
        fields = [name for name in rows.fieldnames or () if name != "quantity"]
        writer = csv.DictWriter(out, fields, extrasaction="ignore")
        writer.writeheader()
        for number, row in enumerate(rows):
            writer.writerow(row | {"topic": SMALL_TOPIC} if number < SMALL_TOPIC_BOOKS else row)


def fill_cache(url: str, books: int) -> None:
    """Reads the first books once each from one front-end."""
    host, _, port = url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    with contextlib.closing(connection):
        for book in range(1, books + 1):
            connection.request("GET", f"/info/{book}", headers={"Accept": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise Failed(f"/info/{book}: {answer.status}")


def is_hit(url: str) -> bool:
    """Whether the answer came from the cache; the next one should."""
    answer = http_answer.fetch(url)
    return answer.status == 200 and "hit" in answer.headers.get("cache-status", "")
