#!/usr/bin/python3
"""What the cluster of deploy/ promises by itself, without the store: no acknowledged row is lost, and copies are equal.

Three faults in some 2 minutes; `faults.planned` tells how to have more.
Exit code 77: this host lacks the packages or does not allow the namespaces.
"""

import os
import pathlib
import random
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "deploy")]
from cluster import copies  # noqa: E402
from cluster.cluster import Cluster  # noqa: E402
from cluster.network import Unsupported  # noqa: E402

try:
    import acknowledged  # noqa: E402
except ImportError as error:
    print(f"skipped: {error} (tools/install-dependencies packages-cluster.txt)")
    sys.exit(77)
import faults  # noqa: E402

SHORT = (faults.POSTGRES_DIES, faults.PATRONI_DIES, faults.PRIMARY_FREEZES)
DISK_MIB = 2048


def main():
    seed = int(os.environ.get("BAZAR_SEED", random.randrange(1 << 31)))
    print(f"seed {seed}", flush=True)
    chosen = random.Random(seed)
    try:
        cluster = Cluster(network="namespaces", disk_mib=DISK_MIB)
    except Unsupported as unsupported:
        print(f"skipped: {unsupported}")
        return 77
    with cluster:
        cluster.start()
        print(f"whole after {cluster.wait_until_whole():.1f} s", flush=True)
        load = acknowledged.Writers(cluster)
        try:
            for fault in faults.planned(SHORT, chosen):
                print(faults.inflict(cluster, load, fault, chosen), flush=True)
        except BaseException:
            cluster.keep_logs(os.environ.get("BAZAR_CLUSTER_LOGS"))
            raise
        finally:
            load.stop()
        lost = load.lost()
        if lost:
            cluster.keep_logs(os.environ.get("BAZAR_CLUSTER_LOGS"))
            raise AssertionError(f"{len(lost)} acknowledged rows are lost, such as {lost[:5]}")
        copies.require_equal(cluster, "postgres")
        print(f"{load.acknowledged()} acknowledged rows, none lost; all copies equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
