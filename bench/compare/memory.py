"""What the store needs of memory: for a cached book, for a connection, and as a whole."""

import threading
import time

import loads
from processes import Failed, memory_bytes
from store import Store, fill_cache

CONNECTIONS = 10_000
SETTLED_AFTER_S = 3.0


def of_cached_books(store: Store, books: int) -> dict[str, float]:
    """Caches all of them."""
    frontend = [member["pid"] for member in store.members("frontend")]
    before = memory_bytes(frontend)
    fill_cache(store.url, books)
    return {"cached_book_bytes": (memory_bytes(frontend) - before) / books, "store_bytes": memory_bytes(store.all_pids())}


def of_connections(store: Store, few: loads.Http, many: loads.Http) -> dict[str, float]:
    """Of the front-end's own memory, sockets in the kernel not counted, with every connection in use."""
    frontend = [member["pid"] for member in store.members("frontend")]
    loads.run(few, 1)
    before = memory_bytes(frontend)
    failures: list[Failed] = []

    def ask() -> None:
        try:
            loads.run(many, 2 * SETTLED_AFTER_S)
        except Failed as failure:
            failures.append(failure)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(SETTLED_AFTER_S)
    during = memory_bytes(frontend)
    asking.join()
    if failures:
        raise failures[0]
    return {"connection_bytes": (during - before) / (many.connections - few.connections)}
