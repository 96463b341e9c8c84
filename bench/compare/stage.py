"""Starts every server of a comparison and says what is measured on them."""

import contextlib
import dataclasses
import pathlib
import typing

import http_answer
import loads
import postgres
import references
import store
from processes import Failed, Server
from report import FLOOR, Row
from rounds import Subject

LOOKUPS = "Lookups"
MISSES = "Past the cache"
PURCHASES = "Durable purchases"
CONNECTIONS = "Many connections"
COHERENCE = "Price of coherence"

SHOPPERS = 64
MANY_SHOPPERS = 256
COHERENT_BOOKS = 100  # which every front-end has cached while they are bought
COHERENT_RATE = 1_000  # purchases a second: far from what one core can do
PURCHASE_SCRIPT = store.ROOT / "bench" / "sql" / "purchase.sql"


@dataclasses.dataclass(frozen=True)
class Programs:
    bazar: pathlib.Path
    canned_server: pathlib.Path
    sqlite_purchases: pathlib.Path


class Stage:
    """Servers live until `stack` is closed. `skipped`: what could not be had, and why."""

    def __init__(self, stack: contextlib.ExitStack, programs: Programs, folder: pathlib.Path, books: int,
                 pgbench_clients: typing.Sequence[int], say: typing.Callable[[str], None]):
        self.subjects: list[Subject] = []  # at their peak
        self.steady: list[Subject] = []  # at a rate of their own, for their latency
        self.skipped: dict[str, str] = {}
        self.programs = programs
        self.folder = folder
        self.stores = store.Stores(programs.bazar, folder, books)
        self._stack = stack
        self._pgbench_clients = pgbench_clients
        self._say = say

    def fill(self) -> None:
        self._say("starting the references")
        canned, floor_url = self._stack.enter_context(references.canned_server(self.programs.canned_server, self.folder))
        self._add(FLOOR, "L: canned bytes", LOOKUPS, floor_url + "/info/2", SHOPPERS, canned)
        self._or_skip("nginx", ("nginx",), lambda: self._nginx(canned, floor_url))
        self._or_skip("Varnish", ("varnishd", "gcc"), lambda: self._varnish(floor_url))
        self._or_skip("Flask under uWSGI", ("uwsgi",), self._flask)
        self._say("importing books")
        self.stores.import_books()
        self._say("starting the stores")
        self.cached = self._stack.enter_context(self.stores.start("cached"))
        self._cached_lookups()
        self._misses()
        self._sqlite_purchases()
        self._coherence()
        self._or_skip("PostgreSQL", (str(postgres.BIN / "postgres"), str(postgres.BIN / "pgbench")), self._postgres_purchases)

    def _or_skip(self, what: str, programs: typing.Sequence[str], start: typing.Callable[[], None]) -> None:
        missing = references.missing_program(*programs)
        try:
            if missing:
                raise Failed(f"no {missing} here (tools/install-dependencies packages-bench.txt)")
            start()
        except Failed as failure:
            self.skipped[what] = str(failure)
            self._say(f"without {what}: {failure}")

    def http(self, url: str, connections: int, *asks: str) -> loads.Http:
        return loads.Http(self.programs.bazar, url, asks, connections)

    def _add(self, key: str, label: str, section: str, url: str, connections: int, *servers: Server) -> None:
        """Of one page."""
        base, slash, path = url.removeprefix("http://").partition("/")
        row = Row(key, label, section, connections, http_answer.fetch(url).size)
        load = self.http(f"http://{base}", connections, "--raw-path", slash + path)
        self.subjects.append(Subject(row, load, tuple(server.pid for server in servers)))

    def _nginx(self, canned: Server, floor_url: str) -> None:
        server, url = self._stack.enter_context(references.nginx(self.folder, floor_url))
        self._add("nginx_static", "nginx static, open_file_cache", LOOKUPS, url + "/static/info/2", SHOPPERS, server)
        self._add("nginx_cache", "nginx proxy_cache, hit", LOOKUPS, url + "/cached/info/2", SHOPPERS, server)
        self._add("nginx_proxy", "nginx proxying to canned bytes", MISSES, url + "/proxied/info/2", MANY_SHOPPERS, server, canned)

    def _varnish(self, floor_url: str) -> None:
        server, url = self._stack.enter_context(references.varnish(self.folder, floor_url))
        self._add("varnish", "Varnish, hit", LOOKUPS, url + "/info/2", SHOPPERS, server)

    def _flask(self) -> None:
        server, url = self._stack.enter_context(references.flask(self.folder, self.stores.books))
        # A worker serves one connection after another: more of them would wait for their turn.
        workers = references.FLASK_WORKERS
        self._add("flask_dict", "Flask from a dict, uWSGI", LOOKUPS, url + "/dict/info/2", workers, server)
        self._add("flask_sqlite", "Flask from SQLite, uWSGI", MISSES, url + "/sqlite/info/2", workers, server)

    def _any_book(self, mix: str) -> tuple[str, ...]:
        return ("--mix", mix, "--books", str(self.stores.books), "--zipf", "0")

    def _cached_lookups(self) -> None:
        info, topic = self.cached.url + "/info/2", f"{self.cached.url}/search/{store.SMALL_TOPIC}"
        server = self.cached.server
        for url in (info, topic):
            server.wait_for(lambda page=url: store.is_hit(page))
        self._add("info_cached", "Bazar /info, cached", LOOKUPS, info, SHOPPERS, server)
        self._add("search_cached", "Bazar /search, three books, cached", LOOKUPS, topic, SHOPPERS, server)
        size = http_answer.fetch(info).size
        self.subjects.append(Subject(Row("info_spread", f"Bazar /info, any of {self.stores.books:,}, cached", LOOKUPS, SHOPPERS, size),
                                     self.http(self.cached.url, SHOPPERS, *self._any_book("lookup")), (server.pid,)))
        for connections in (1_000, 10_000):
            self._add(f"info_cached_{connections}", "Bazar /info, cached", CONNECTIONS, info, connections, server)

    def _misses(self) -> None:
        uncached = self._stack.enter_context(
            self.stores.start("uncached", "--cache", "none", "--catalogs", "1", "--orders", "1"))
        row = Row("info_uncached", f"Bazar /info, any of {self.stores.books:,}, no cache", MISSES, MANY_SHOPPERS,
                  http_answer.fetch(uncached.url + "/info/2").size)
        self.subjects.append(Subject(row, self.http(uncached.url, MANY_SHOPPERS, *self._any_book("lookup")), (uncached.server.pid,)))

    def _sqlite_purchases(self) -> None:
        for kind, books in (("spread", self.stores.books), ("hot", 1)):
            file = self.folder / f"sqlite-each-{kind}.db"
            self.stores.copy_catalog(file)
            self.subjects.append(Subject(Row(f"sqlite_each_{kind}", f"SQLite, a transaction each, {kind}", PURCHASES, 1),
                                         loads.SqlitePurchases(self.programs.sqlite_purchases, file, books)))
        shop = self._stack.enter_context(self.stores.start("shop", "--catalogs", "1", "--orders", "1"))
        self._store_purchases("sqlite", "SQLite", shop, (MANY_SHOPPERS, 1_000))

    def _coherence(self) -> None:
        for frontends in (1, 3):
            shop = self._stack.enter_context(
                self.stores.start(f"frontends-{frontends}", "--frontends", str(frontends), "--catalogs", "1", "--orders", "1"))
            for frontend in shop.members("frontend"):
                store.fill_cache(frontend["url"], COHERENT_BOOKS)
            asks = ("--mix", "purchase", "--books", str(COHERENT_BOOKS), "--zipf", "0")
            load = dataclasses.replace(self.http(shop.url, SHOPPERS, *asks), rate=COHERENT_RATE)
            row = Row(f"purchase_{frontends}_frontends", f"purchase, {frontends} front-end{'s' * (frontends > 1)}, 1,000 a second",
                      COHERENCE, SHOPPERS)
            self.steady.append(Subject(row, load, (shop.server.pid,)))

    def _store_purchases(self, key: str, engine: str, shop: store.Store, connections: typing.Sequence[int],
                         also: typing.Sequence[int] = ()) -> None:
        for count in connections:
            suffix = "" if count == MANY_SHOPPERS else f"_{count}"
            for kind, books in (("spread", self.stores.books), ("hot", 1)):
                asks = ("--mix", "purchase", "--books", str(books), "--zipf", "0")
                self.subjects.append(Subject(Row(f"{key}_{kind}{suffix}", f"Bazar over {engine}, {kind}", PURCHASES, count),
                                             self.http(shop.url, count, *asks), (shop.server.pid, *also)))

    def _postgres_purchases(self) -> None:
        for key, engine, start in (("postgres", "PostgreSQL", postgres.primary),
                                   ("standby", "PostgreSQL, synchronous standby", postgres.primary_with_standby)):
            self._say(f"starting {engine}")
            server = self._stack.enter_context(start(self.folder / key))
            server.sql("CREATE DATABASE store")
            self.stores.copy_to(server.url("store"))
            server.sql("CREATE DATABASE pgbench TEMPLATE store")
            server.sql("CREATE SEQUENCE orders_made", "pgbench")
            for database in ("store", "pgbench"):
                server.sql("VACUUM ANALYZE", database)
            for kind, books in (("spread", self.stores.books), ("hot", 1)):
                self._say(f"looking for pgbench's best number of clients: {engine}, {kind}")
                load = self._best_pgbench(server, books)
                self.subjects.append(Subject(Row(f"pgbench_{key}_{kind}", f"pgbench, {engine}, {kind}", PURCHASES, load.clients),
                                             load, tuple(server.pids)))
            shop = self._stack.enter_context(
                self.stores.start(f"shop-{key}", "--catalogs", "1", "--orders", "1", "--database", server.url("store")))
            self._store_purchases(key, engine, shop, (MANY_SHOPPERS,), server.pids)

    def _best_pgbench(self, server: postgres.Postgres, books: int) -> loads.Pgbench:
        rates: dict[loads.Pgbench, float] = {}
        for clients in self._pgbench_clients:
            load = loads.Pgbench(postgres.BIN / "pgbench", server.url("pgbench"), PURCHASE_SCRIPT, books, clients)
            # The others may do better than one that came to nothing.
            with contextlib.suppress(Failed):
                rates[load] = loads.run(load, 1).rate
        if not rates:
            raise Failed("pgbench gets nothing done")
        return max(rates, key=lambda load: rates[load])
