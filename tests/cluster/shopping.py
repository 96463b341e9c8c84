"""Shoppers behind a load balancer: each request goes to a front-end that answers, again with the same key where it must.
What an orderly restart may show them: a refused connection, or 503 with Retry-After. Anything else is a failed request.

And a patient one, who asks a single time: the store itself must see the purchase through.
"""

import json
import threading
import time
import urllib.error
import urllib.request
import uuid

PATIENCE_S = 10.0
GIVE_UP_S = 60.0
PAUSE_S = 0.05


class Shopper(threading.Thread):
    def __init__(self, urls, book):
        super().__init__(daemon=True)
        self._urls = urls
        self._book = book
        self._stopped = threading.Event()
        self.bought = self.read = self.told_to_wait = self.refused_connections = 0
        self.longest_purchase_s = 0.0
        self.orders = []
        self.failure = None

    def run(self):
        try:
            while not self._stopped.is_set():
                self._buy()
                self._settle(urllib.request.Request, f"/info/{self._book}")
                self.read += 1
                self._stopped.wait(PAUSE_S)
        except Exception as failure:
            self.failure = failure

    def stop(self):
        self._stopped.set()

    def _buy(self):
        started = time.monotonic()
        body = json.dumps({"name": "Upkeep"}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        order = self._settle(lambda url: urllib.request.Request(url, body, headers), f"/purchase/{self._book}")
        self.orders.append(order["order_id"])
        self.bought += 1
        self.longest_purchase_s = max(self.longest_purchase_s, time.monotonic() - started)

    def _settle(self, make, target):
        """The answer, from whichever front-end gives it. Throws AssertionError where a request fails."""
        give_up = time.monotonic() + GIVE_UP_S
        turn = self.bought
        while True:
            url = self._urls[turn % len(self._urls)]
            turn += 1
            try:
                with urllib.request.urlopen(make(url + target), timeout=PATIENCE_S) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code != 503 or "Retry-After" not in error.headers:
                    raise AssertionError(f"{target} at {url}: {error.code} {error.read()}") from error
                error.close()
                self.told_to_wait += 1
            except urllib.error.URLError as error:
                if not isinstance(error.reason, ConnectionRefusedError):
                    raise AssertionError(f"{target} at {url}: {error.reason}") from error
                self.refused_connections += 1
            if time.monotonic() > give_up:
                raise AssertionError(f"{target}: no answer in {GIVE_UP_S:.0f} s")
            time.sleep(PAUSE_S)


class Shoppers:
    def __init__(self, urls, book, count=4):
        self._shoppers = [Shopper(list(urls), book) for _ in range(count)]
        for shopper in self._shoppers:
            shopper.start()

    def orders(self):
        return [order for shopper in self._shoppers for order in shopper.orders]

    def finish(self):
        """A line of measurements. Throws AssertionError where a request failed."""
        for shopper in self._shoppers:
            shopper.stop()
        for shopper in self._shoppers:
            shopper.join(2 * GIVE_UP_S)
            if shopper.failure:
                raise shopper.failure
        total = lambda name: sum(getattr(shopper, name) for shopper in self._shoppers)
        longest = max(shopper.longest_purchase_s for shopper in self._shoppers)
        return (f"{total('bought')} bought and {total('read')} read, none failed; told to wait {total('told_to_wait')} times, "
                f"{total('refused_connections')} connections refused, longest purchase {longest:.1f} s")


class PatientShopper(threading.Thread):
    """Buys one copy with one request, which says how long it has. `finish` returns how long it took, in seconds."""

    def __init__(self, url, book, deadline_s):
        super().__init__(daemon=True)
        self._request = urllib.request.Request(
            f"{url}/purchase/{book}", json.dumps({"name": "Patient"}).encode(),
            {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4()),
             "Bazar-Deadline-Ms": str(int(deadline_s * 1000))})
        self._deadline_s = deadline_s
        self._took_s = None
        self._failure = None
        self.start()

    def run(self):
        started = time.monotonic()
        try:
            with urllib.request.urlopen(self._request, timeout=self._deadline_s + PATIENCE_S) as answer:
                json.load(answer)
            self._took_s = time.monotonic() - started
        except urllib.error.HTTPError as error:
            self._failure = f"{error.code} {error.read()} after {time.monotonic() - started:.1f} s"
        except OSError as error:
            self._failure = f"{error} after {time.monotonic() - started:.1f} s"

    def finish(self):
        """Throws AssertionError where it was not sold."""
        self.join(self._deadline_s + 2 * PATIENCE_S)
        if self._took_s is None:
            raise AssertionError(f"a purchase with {self._deadline_s:.0f} s of time: {self._failure or 'no answer'}")
        return self._took_s
