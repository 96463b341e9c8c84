#!/usr/bin/python3
"""What docs/runbook.md has a keeper do by hand, on a rehearsed cluster: upkeep_test.py BAZAR

- rolling upgrade: every service, and PostgreSQL, restarted one machine at a time while shoppers buy; no request of theirs fails
- a machine that lost its disk comes back by itself
- back to a point in time with pgBackRest: what came after is gone, what was before is there, and the epoch is another

Only with BAZAR_TEST_FULL. Exit code 77: not asked for, or this host lacks the packages or does not allow the namespaces.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "deploy")]
import faults  # noqa: E402
import shopping  # noqa: E402
from cluster import copies, report  # noqa: E402
from cluster.cluster import POSTGRES_BIN, Cluster  # noqa: E402
from cluster.machine import ROLES  # noqa: E402
from cluster.network import Unsupported  # noqa: E402

BOOK, MISTAKEN_BOOK = 2, 3
PLENTY = 1_000_000
QUIET_S = 2
AS_POSTGRES = {"user": "postgres", "group": "postgres", "extra_groups": []}


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def wait_for_store(cluster):
    cluster.wait_until_whole(180)
    cluster.wait_until(lambda: report.store_is_ready(cluster), "a store that answers on every machine", 90)


def ask(url, method="GET", body=None, headers=()):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **dict(headers)}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def ask_as_shopkeeper(cluster, target, method, body):
    machine = next(iter(cluster.machines.values()))
    token = (machine.folder / "etc/bazar/shopkeeper.token").read_text().strip()
    return ask(f"{cluster.urls()[machine.name]}{target}", method, body,
               {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())})


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd="/", **options)
    check(done.returncode == 0, f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
    return done.stdout


# --- rolling upgrade


def restart(machine, service):
    """In order, as systemctl restart does."""
    before = machine.pids(service)
    machine.kill_service(service, signal.SIGTERM)
    give_up = time.monotonic() + 30
    while not (now := machine.pids(service)) or set(now) & set(before):
        check(time.monotonic() < give_up, f"{service} on {machine.name} is not started again")
        time.sleep(0.05)


def switch_over(cluster):
    leader, successor = cluster.leader(), cluster.synchronous_standby()
    run("patronictl", "-c", cluster[leader].folder / "etc/patroni/config.yml", "switchover", cluster.settings.cluster,
        "--master", leader, "--candidate", successor, "--force")
    cluster.wait_until(lambda: cluster.leader() == successor, f"{successor} to lead", 60)


def rolling_upgrade(cluster):
    shoppers = shopping.Shoppers(cluster.urls().values(), BOOK)
    try:
        time.sleep(QUIET_S)
        for machine in cluster.machines.values():
            for role in reversed(ROLES):
                restart(machine, role)
            wait_for_store(cluster)
        leader = cluster.leader()
        for name in sorted(cluster.machines, key=lambda name: name == leader):
            if name == cluster.leader():
                switch_over(cluster)
                cluster.wait_until_whole(120)
            restart(cluster[name], "patroni")
            wait_for_store(cluster)
        for machine in cluster.machines.values():
            restart(machine, "etcd")
            wait_for_store(cluster)
        time.sleep(QUIET_S)
    finally:
        line = shoppers.finish()
    lost = [order for order in shoppers.orders() if not has_order(cluster, order)]
    check(not lost, f"{len(lost)} acknowledged orders are lost")
    return f"rolling upgrade: {line}"


def has_order(cluster, order):
    url = next(iter(cluster.urls().values()))
    return ask(f"{url}/orders/{order}")["order_id"] == order


# --- a machine without its disk


def empty(folder):
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def lost_disk(cluster):
    name = next(name for name in cluster.machines if name != cluster.leader())
    cluster[name].kill()
    empty(cluster[name].postgres_data)
    cluster[name].boot()
    started = time.monotonic()
    wait_for_store(cluster)
    for database in ("catalog", "orders"):
        copies.require_equal(cluster, database)
    return f"{name} lost its disk, and was whole again {time.monotonic() - started:.0f} s after it was switched on"


# --- back to a point in time


def pgbackrest(cluster, machine, *words):
    return run("pgbackrest", f"--config={machine.folder}/etc/pgbackrest.conf", f"--stanza={cluster.settings.cluster}", *words,
               **AS_POSTGRES)


def epoch(cluster):
    """As the catalog of the leader's machine tells its answers' epoch; asked on that machine, where no token is needed."""
    token = (next(iter(cluster.machines.values())).folder / "etc/bazar/service.token").read_text().strip()
    url = next(iter(cluster.urls("catalog").values()))
    request = urllib.request.Request(f"{url}/books/{BOOK}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Bazar-Epoch"]


def set_title(cluster, title):
    ask_as_shopkeeper(cluster, f"/books/{MISTAKEN_BOOK}", "PATCH", {"title": title})


def title(cluster):
    return ask(f"{next(iter(cluster.urls().values()))}/info/{MISTAKEN_BOOK}")["title"]


def buy(cluster):
    return ask(f"{next(iter(cluster.urls().values()))}/purchase/{BOOK}", "POST", {"name": "Upkeep"})["order_id"]


def hold_everything(cluster, services):
    for service in services:
        for machine in cluster.machines.values():
            machine.hold(service)
            machine.kill_service(service, signal.SIGTERM)
    for service in services:
        for machine in cluster.machines.values():
            machine.wait_until_down(service, 30)


def stop_patroni(cluster, leader):
    """The standbys first, so that none of them is promoted."""
    for name in sorted(cluster.machines, key=lambda name: name == leader):
        cluster[name].hold("patroni")
        cluster[name].kill_service("patroni", signal.SIGTERM)
        cluster[name].wait_until_down("postgres", 30)


def replay_to_the_target(machine):
    """Started by hand, deaf, until it is promoted; then stopped."""
    control = [POSTGRES_BIN / "pg_ctl", "-D", machine.postgres_data, "-w", "-l", machine.folder / "run/by-hand.log"]
    run(*control, "-o", "-c listen_addresses=''", "start", **AS_POSTGRES)
    in_recovery = lambda: run("psql", "-XqAt", "-h", machine.folder / "run", "-U", "postgres", "-c",
                              "SELECT pg_is_in_recovery()", **AS_POSTGRES).strip()
    give_up = time.monotonic() + 60
    while in_recovery() != "f":
        check(time.monotonic() < give_up, "PostgreSQL does not come to its target")
        time.sleep(0.2)
    run(*control, "-m", "fast", "stop", **AS_POSTGRES)


def point_in_time(cluster):
    leader = cluster.leader()
    machine = cluster[leader]
    for words in (("stanza-create",), ("check",), ("--type=full", "backup")):
        pgbackrest(cluster, machine, *words)
    right = title(cluster)
    kept, before = buy(cluster), epoch(cluster)
    time.sleep(1)
    target = cluster.sql(leader, "SELECT now()")[0]
    time.sleep(1)
    set_title(cluster, "A mistake")
    lost = buy(cluster)
    check(title(cluster) == "A mistake", "the mistake was made")
    cluster.sql(leader, "SELECT pg_switch_wal()")
    pgbackrest(cluster, machine, "check")

    hold_everything(cluster, reversed(ROLES))
    stop_patroni(cluster, leader)
    pgbackrest(cluster, machine, "--delta", "--type=time", f"--target={target}", "--target-action=promote", "restore")
    run("patronictl", "-c", machine.folder / "etc/patroni/config.yml", "remove", cluster.settings.cluster,
        input=f"{cluster.settings.cluster}\nYes I am aware\n")
    replay_to_the_target(machine)
    machine.release("patroni")
    cluster.wait_until(lambda: cluster.leader() == leader, f"{leader} to lead", 60)
    for other in cluster.machines.values():
        if other is not machine:
            empty(other.postgres_data)
            other.release("patroni")
    cluster.wait_until_whole(180)
    for role in ROLES:
        for each in cluster.machines.values():
            each.release(role)
    wait_for_store(cluster)

    check(title(cluster) == right, "the mistake is gone")
    check(has_order(cluster, kept), "an order from before the target is there")
    check(epoch(cluster) != before, "the epoch is another")
    count = cluster.sql(leader, f"SELECT count(*) FROM sales WHERE order_id = '{lost}'", "catalog")
    check(count == ["0"], "a sale after the target is gone")
    pgbackrest(cluster, machine, "check")
    pgbackrest(cluster, machine, "--type=full", "backup")
    return "back to a point in time: the mistake is gone, the epoch is another, and backups go on"


def main():
    if not os.environ.get("BAZAR_TEST_FULL"):
        print("skipped: some minutes long, runs with BAZAR_TEST_FULL")
        return 77
    if shutil.which("pgbackrest") is None:
        print("skipped: pgbackrest is missing (tools/install-dependencies packages-cluster.txt)")
        return 77
    with tempfile.TemporaryDirectory(prefix="bazar-backups-") as backups:
        for folder in (backups, f"{backups}/log"):
            pathlib.Path(folder).mkdir(exist_ok=True)
            shutil.chown(folder, "postgres", "postgres")
        try:
            cluster = Cluster(binary=sys.argv[1], network="namespaces", backups=backups)
        except Unsupported as unsupported:
            print(f"skipped: {unsupported}")
            return 77
        with cluster:
            try:
                cluster.start()
                wait_for_store(cluster)
                ask_as_shopkeeper(cluster, f"/books/{BOOK}/stock", "POST", {"delta": PLENTY})
                for task in (rolling_upgrade, lost_disk, point_in_time):
                    print(task(cluster), flush=True)
            except BaseException:
                cluster.keep_logs(os.environ.get("BAZAR_CLUSTER_LOGS"))
                raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
