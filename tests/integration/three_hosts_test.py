#!/usr/bin/python3
"""The three tiers on three hosts, over SQLite.

Makes three network namespaces on one bridge, starts a catalog, an order service and a front-end in them, each told
only one catalog's address, and buys a book across them. Then checks that a second order service that is started by
hand joins and gets its share within two seconds, that killing the first is not noticed by a shopper, and that the
private tiers refuse a stranger without the service token.

Needs root (namespaces); without it, it says so and exits with 77, which ctest counts as skipped.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import uuid

BRIDGE = f"bzb{os.getpid() % 100000}"
HOSTS = {"catalog": "10.213.7.1", "orders": "10.213.7.2", "frontend": "10.213.7.3"}


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def namespace(host):
    return f"{BRIDGE}-{host}"


def make_network():
    ip("netns", "add", BRIDGE)
    ip("-n", BRIDGE, "link", "add", "br0", "type", "bridge")
    ip("-n", BRIDGE, "link", "set", "br0", "up")
    for host, address in HOSTS.items():
        name = namespace(host)
        ip("netns", "add", name)
        ip("link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", host, "netns", BRIDGE)
        ip("-n", BRIDGE, "link", "set", host, "master", "br0", "up")
        ip("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "link", "set", "lo", "up")


def remove_network():
    for name in [namespace(host) for host in HOSTS] + [BRIDGE]:
        subprocess.run(["ip", "netns", "del", name], capture_output=True)


class Process:
    """A role of the store in one namespace, once it has said `ready`."""

    def __init__(self, host, binary, *args):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", namespace(host), binary, *args],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith("ready "):
                self.url = line.split()[1]
                return
        raise AssertionError(f"{args[0]} on {host} did not become ready")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(15) != 0:
            raise AssertionError(f"exit code {self.process.returncode} after SIGTERM")


def curl(host, url, *args):
    """Asks from within a namespace; returns the status and the headers and body as text."""
    done = subprocess.run(
        ["ip", "netns", "exec", namespace(host), "curl", "-s", "-i", "-m", "10", *args, url], capture_output=True, text=True)
    if done.returncode != 0:
        return 0, f"curl exit {done.returncode}"
    return int(done.stdout.split()[1]), done.stdout


def buy(url, name):
    return curl("frontend", f"{url}/purchase/2", "-H", "Content-Type: application/json", "-H",
                f"Idempotency-Key: {uuid.uuid4()}", "-d", json.dumps({"name": name}))


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def served_by(answer):
    return next(line.split(":", 1)[1] for line in answer.splitlines() if line.lower().startswith("x-served-by:"))


def scenario(binary, folder):
    token = folder / "service.token"
    token.write_text("0123456789abcdef0123456789abcdef\n")
    token.chmod(0o600)
    common = ["--service-token-file", str(token)]
    database = lambda name: ["--database", f"sqlite:{folder / name}"]
    catalog = Process("catalog", binary, "catalog", "--host", HOSTS["catalog"], "--port", "8101", "--demo-books",
                      *database("catalog"), *common)
    order_args = lambda port: ["orders", "--host", HOSTS["orders"], "--port", str(port), "--catalog", catalog.url,
                               *database("orders"), *common]
    orders = Process("orders", binary, *order_args(8201))
    frontend = Process("frontend", binary, "frontend", "--host", HOSTS["frontend"], "--port", "8080", "--catalog",
                       catalog.url, *common)

    status, answer = curl("frontend", f"{frontend.url}/info/2")
    check(status == 200 and "RPCs for Noobs" in answer, f"info: {answer}")
    status, answer = buy(frontend.url, "Hiba")
    check(status == 200, f"purchase: {answer}")
    status, answer = curl("frontend", f"{frontend.url}/info/2")
    check('"quantity":59' in answer, f"a stale read after a purchase: {answer}")

    status, answer = curl("orders", f"{catalog.url}/books/2")
    check(status == 401, f"a stranger without the token got {status} from the catalog")
    status, answer = curl("catalog", f"{orders.url}/orders?name=Hiba")
    check(status == 401, f"a stranger without the token got {status} from the orders")

    second = Process("orders", binary, *order_args(8202))
    give_up = time.monotonic() + 2
    names = set()
    while len(names) < 2:
        check(time.monotonic() < give_up, f"a joining order service got no share in 2 s, only {names} served")
        status, answer = curl("frontend", f"{frontend.url}/orders?name=Hiba")
        check(status == 200, f"orders: {answer}")
        names.add(served_by(answer))

    orders.kill()
    for _ in range(20):
        status, answer = buy(frontend.url, "Lina")
        check(status == 200, f"a dead order service was not masked: {answer}")
    for process in (frontend, second, catalog):
        process.stop()


def main():
    if os.geteuid() != 0:
        print("skipped: network namespaces need root")
        return 77
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        try:
            make_network()
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            remove_network()
            print(f"skipped: cannot make network namespaces here: {error}")
            return 77
        try:
            scenario(binary, pathlib.Path(folder))
        finally:
            for host in HOSTS:
                pids = subprocess.run(["ip", "netns", "pids", namespace(host)], capture_output=True, text=True)
                for pid in pids.stdout.split():
                    os.kill(int(pid), signal.SIGKILL)
            remove_network()
    print("three tiers on three hosts: purchase, join, masked crash, tokens")
    return 0


if __name__ == "__main__":
    sys.exit(main())
