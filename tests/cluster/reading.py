"""Reads through the front-ends as shoppers do, and knows what their answers may be.

Browsing and lookups go on at all times: on the primary, or, while there is none, on a standby, and then labelled with its
revision (docs/protocol.md, rule 10). An answer without the label is never older than one that came before it.
"""

import json
import threading
import time
import urllib.error
import urllib.request

LABEL = "Bazar-As-Of"
# A front-end that does not answer in this time is left for the next, as a load balancer would.
PATIENCE_S = 1.0
# In a fault: the primary's silence is noticed (1 s), a frozen machine's catalog is given up (3 s), another is asked.
GAP_BOUND_S = 8.0
PAUSE_S = 0.02


class Stale(AssertionError):
    """An answer that is none of those that the protocol allows."""


class _Reader(threading.Thread):
    """One kind of read, again and again, from whichever front-end answers. Times the longest stretch without an answer."""

    def __init__(self, kind, urls):
        super().__init__(daemon=True)
        self.kind = kind
        self._urls = urls
        self._at = 0
        self._stopped = threading.Event()
        self._last = time.monotonic()
        self.answers = self.labelled = self.refused = 0
        self.longest_gap_s = 0.0
        self.failure = None

    def run(self):
        try:
            while not self._stopped.is_set():
                if not self._read_once():
                    self._at = (self._at + 1) % len(self._urls)
                self._stopped.wait(PAUSE_S)
        except Exception as failure:
            self.failure = failure
        self._note_gap()

    def _note_gap(self):
        now = time.monotonic()
        self.longest_gap_s = max(self.longest_gap_s, now - self._last)
        self._last = now

    def _read_once(self):
        try:
            self.read()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 503:
                raise Stale(f"{self.kind}: status {error.code}") from error
            self.refused += 1
            return False
        except (OSError, ValueError):
            return False
        self.answers += 1
        self._note_gap()
        return True

    def ask(self, target, headers=()):
        request = urllib.request.Request(self._urls[self._at] + target, headers=dict(headers))
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            labelled = LABEL in answer.headers
            self.labelled += labelled
            return json.load(answer), labelled

    def stop(self):
        self._stopped.set()

    def finish(self):
        self.stop()
        self.join(30)
        if self.failure:
            raise self.failure


class _List(_Reader):
    def __init__(self, kind, urls, target):
        super().__init__(kind, urls)
        self._target = target

    def read(self):
        body, labelled = self.ask(self._target)
        if not labelled or not body["books"]:
            raise Stale(f"{self.kind}: without {LABEL}, or empty: {body}")


class _Lookup(_Reader):
    def __init__(self, urls, books):
        super().__init__("lookup", urls)
        self._books = books
        self._seen = dict.fromkeys(books, 0)
        self._turn = 0

    def read(self):
        self._turn += 1
        book = self._books[self._turn % len(self._books)]
        body, labelled = self.ask(f"/info/{book}")
        if labelled:
            return
        if body["version"] < self._seen[book]:
            raise Stale(f"book {book}: version {body['version']} without a label after {self._seen[book]}")
        self._seen[book] = body["version"]


class _StrictLookup(_Lookup):
    """A client that takes nothing old; it may be refused, and is never shown a label."""

    def __init__(self, urls, books):
        super().__init__(urls, books)
        self.kind = "strict lookup"

    def ask(self, target, headers=()):
        body, labelled = super().ask(target, {"Cache-Control": "no-cache", **dict(headers)})
        if labelled:
            raise Stale(f"{self.kind}: labelled in spite of no-cache")
        return body, labelled


class Readers:
    """Search, list and lookups at once. `finish` gives a line of measurements; throws AssertionError."""

    def __init__(self, urls):
        urls = list(urls)
        with urllib.request.urlopen(f"{urls[0]}/info?limit=20", timeout=10) as answer:
            books = [book["id"] for book in json.load(answer)["books"]]
        self._always = [_List("search", urls, "/search?q=undergrad"), _List("list", urls, "/info?limit=5"),
                        _Lookup(urls, books)]
        self._strict = _StrictLookup(urls, books)
        for reader in (*self._always, self._strict):
            reader.start()

    def finish(self):
        for reader in (*self._always, self._strict):
            reader.finish()
        told = ", ".join(f"{reader.kind} {reader.longest_gap_s:.1f} s" for reader in self._always)
        lookup = self._always[-1]
        line = (f"longest gap in browsing: {told} (bound {GAP_BOUND_S:.0f} s); {lookup.answers} lookups, {lookup.labelled} of "
                f"them labelled; strict lookups stopped {self._strict.longest_gap_s:.1f} s")
        if any(reader.longest_gap_s > GAP_BOUND_S for reader in self._always):
            raise AssertionError(line)
        return line

    def abandon(self):
        for reader in (*self._always, self._strict):
            reader.stop()
