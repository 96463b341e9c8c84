#!/usr/bin/python3
"""A whole store on three rehearsed machines, audited by its clients while faults strike.

  store_cluster_test.py BAZAR

For each fault `bazar audit` reads, buys and edits through all front-ends and judges the histories that it saw: answers
linearizable per book through the caches, stock + sold = initial, one order a sale, replays unchanged. Writes must resume
within the fault's bound; a single purchase that is sent as the fault strikes, and has that much time, succeeds; browsing and
lookups go on at all times, labelled where a standby answers them; at the end all copies of both databases are equal.
Two faults in some 2 minutes; `faults.planned` tells how to have more.
Exit code 77: this host lacks the packages or does not allow the namespaces.
"""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "deploy")]
import faults  # noqa: E402
import reading  # noqa: E402
import shopping  # noqa: E402
from cluster import copies, report  # noqa: E402
from cluster.cluster import Cluster  # noqa: E402
from cluster.network import Unsupported  # noqa: E402

SHORT = (faults.POSTGRES_DIES, faults.PRIMARY_DIES)
DISK_MIB = 2048
# The load needs a moment before the strike, and after all is whole again.
QUIET_S = 4
# Between Patroni's promotion and a purchase that is answered stand reconnections of catalogs and ejections of balancers.
STORE_EXTRA_S = 5
# Of the demo's, with copies enough; the audit has books of its own.
PATIENTLY_BOUGHT = 7


class Audit:
    """The load and its judge. Ends when told to, and reports then."""

    def __init__(self, binary, cluster):
        token = next(iter(cluster.machines.values())).folder / "etc/bazar/shopkeeper.token"
        self._process = subprocess.Popen(
            [binary, "audit", *cluster.urls().values(), "--duration", "10m", "--clients", "8", "--json",
             "--token-file", str(token)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self):
        self._process.send_signal(signal.SIGINT)
        output, errors = self._process.communicate(timeout=120)
        if self._process.returncode not in (0, 1, 3):
            raise AssertionError(f"the audit failed: {errors}")
        return json.loads(output)

    def kill(self):
        self._process.kill()
        self._process.communicate()


def audited(cluster, binary, fault, chosen):
    """One fault under audit; a line of measurements. Throws AssertionError."""
    cluster.wait_until(lambda: report.store_is_ready(cluster), "a store that answers on every machine", 90)
    bound_s = (fault.bound_s or fault.lasts_s + faults.MACHINE_BOUND_S) + STORE_EXTRA_S
    audit = Audit(binary, cluster)
    readers = reading.Readers(cluster.urls().values())
    try:
        time.sleep(QUIET_S + chosen.uniform(0, 1))
        roles = faults.roles_of(cluster)
        fault.strike(roles)
        patient = shopping.PatientShopper(cluster.urls()[roles.other.name], PATIENTLY_BOUGHT, bound_s)
        time.sleep(fault.lasts_s)
        fault.undo(roles)
        cluster.wait_until_whole(180)
        time.sleep(QUIET_S)
        patiently_s = patient.finish()
        browsing = readers.finish()
        judged = audit.finish()
    except BaseException:
        readers.abandon()
        audit.kill()
        raise
    operations = {each["kind"]: each for each in judged["operations"]}
    gap_s = operations["buy"]["longest_gap_ms"] / 1000
    line = (f"{fault.name}: {judged['result']}; purchases stopped {gap_s:.1f} s (bound {bound_s} s), one took {patiently_s:.1f} s, "
            f"{operations['buy']['done']} bought, {operations['read']['done']} read\n  {browsing}")
    if judged["result"] != "held" or gap_s > bound_s:
        raise AssertionError(f"{line}\n{json.dumps(judged, indent=1)}")
    return line


def main():
    binary = sys.argv[1]
    seed = int(os.environ.get("BAZAR_SEED", random.randrange(1 << 31)))
    print(f"seed {seed}", flush=True)
    chosen = random.Random(seed)
    try:
        cluster = Cluster(binary=binary, network="namespaces", disk_mib=DISK_MIB)
    except Unsupported as unsupported:
        print(f"skipped: {unsupported}")
        return 77
    with cluster:
        try:
            cluster.start()
            print(f"whole after {cluster.wait_until_whole():.1f} s", flush=True)
            for fault in faults.planned(SHORT, chosen):
                print(audited(cluster, binary, fault, chosen), flush=True)
            for database in ("catalog", "orders"):
                copies.require_equal(cluster, database)
        except BaseException:
            cluster.keep_logs(os.environ.get("BAZAR_CLUSTER_LOGS"))
            raise
        print("all copies of both databases are equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
