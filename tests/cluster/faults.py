"""What befalls a cluster in the fault tests: each strikes, lasts, and is undone; how long writes may stop is bounded."""

import dataclasses
import os
import random
import signal
import subprocess
import time
import typing

PROCESS_BOUND_S = 10
MACHINE_BOUND_S = 30
# Long enough for the lock in etcd to expire (ttl 20 s) and for another machine to take over.
OUTLIVES_TTL_S = 26


@dataclasses.dataclass(frozen=True)
class Roles:
    cluster: typing.Any
    leader: typing.Any
    synchronous: typing.Any
    other: typing.Any


@dataclasses.dataclass(frozen=True)
class Fault:
    """`bound_s` is for the longest gap between two acknowledged writes of anybody; None: writes stop until it is undone,
    and then resume within a machine's bound."""

    name: str
    strike: typing.Callable
    undo: typing.Callable = lambda roles: None
    lasts_s: float = 6
    bound_s: float | None = PROCESS_BOUND_S


def _stop_etcd(roles):
    for machine in (roles.leader, roles.other):
        machine.hold("etcd")
        machine.kill_service("etcd")


def _start_etcd(roles):
    for machine in (roles.leader, roles.other):
        machine.release("etcd")


def _hold_patroni(roles):
    roles.leader.hold("patroni")
    roles.leader.kill_service("patroni")


def _fill_disk(roles):
    """And lets PostgreSQL ask for more of it: on the log that it has already it could go on for long."""
    roles.leader.fill_disk()
    for _ in range(40):
        try:
            roles.cluster.sql(roles.leader.name, "SELECT pg_switch_wal(); CHECKPOINT")
        except (RuntimeError, subprocess.TimeoutExpired):
            return
    raise AssertionError("PostgreSQL goes on with a full disk")


POSTGRES_DIES = Fault("PostgreSQL of the primary dies", lambda r: r.leader.kill_service("postgres"))
PATRONI_DIES = Fault("Patroni of the primary dies", lambda r: r.leader.kill_service("patroni"))
PATRONI_HANGS = Fault("Patroni of the primary hangs, PostgreSQL goes on",
                      lambda r: r.leader.kill_service("patroni", signal.SIGSTOP),
                      lambda r: r.leader.kill_service("patroni", signal.SIGCONT), lasts_s=OUTLIVES_TTL_S)
PATRONI_STAYS_DEAD = Fault("Patroni of the primary dies and stays dead", _hold_patroni,
                           lambda r: r.leader.release("patroni"), lasts_s=OUTLIVES_TTL_S, bound_s=MACHINE_BOUND_S)
STANDBY_DIES = Fault("machine of the synchronous standby dies", lambda r: r.synchronous.kill(),
                     lambda r: r.synchronous.boot(), lasts_s=10)
PRIMARY_DIES = Fault("machine of the primary dies", lambda r: r.leader.kill(), lambda r: r.leader.boot(),
                     lasts_s=OUTLIVES_TTL_S, bound_s=MACHINE_BOUND_S)
PRIMARY_CUT_OFF = Fault("machine of the primary is cut off", lambda r: r.leader.cut(), lambda r: r.leader.heal(),
                        lasts_s=OUTLIVES_TTL_S, bound_s=MACHINE_BOUND_S)
PRIMARY_FREEZES = Fault("machine of the primary freezes past the ttl, and thaws", lambda r: r.leader.freeze(),
                        lambda r: r.leader.thaw(), lasts_s=OUTLIVES_TTL_S, bound_s=MACHINE_BOUND_S)
ETCD_MAJORITY_LOST = Fault("etcd loses its majority, and gets it back", _stop_etcd, _start_etcd, lasts_s=12, bound_s=None)
DISK_FULL = Fault("disk of the primary is full", _fill_disk, lambda r: r.leader.free_disk(),
                  lasts_s=OUTLIVES_TTL_S, bound_s=MACHINE_BOUND_S)

ALL = (POSTGRES_DIES, PATRONI_DIES, PATRONI_HANGS, PATRONI_STAYS_DEAD, STANDBY_DIES, PRIMARY_DIES, PRIMARY_CUT_OFF,
       PRIMARY_FREEZES, ETCD_MAJORITY_LOST, DISK_FULL)


def planned(short, chosen):
    """The faults of a run: `short`; with BAZAR_TEST_FULL every one, BAZAR_CLUSTER_ROUNDS times (3), and freezes until there are
    BAZAR_CLUSTER_FREEZES of them (10), in a random order. BAZAR_CLUSTER_FAULTS: those alone whose names have one of its words."""
    words = os.environ.get("BAZAR_CLUSTER_FAULTS")
    if words:
        return [fault for fault in ALL if any(word in fault.name for word in words.split(","))]
    if not os.environ.get("BAZAR_TEST_FULL"):
        return list(short)
    rounds = int(os.environ.get("BAZAR_CLUSTER_ROUNDS", "3"))
    freezes = int(os.environ.get("BAZAR_CLUSTER_FREEZES", "10"))
    faults = list(ALL) * rounds + [PRIMARY_FREEZES] * (freezes - rounds)
    chosen.shuffle(faults)
    return faults


def roles_of(cluster):
    leader, synchronous = cluster.leader(), cluster.synchronous_standby()
    other = next(name for name in cluster.machines if name not in (leader, synchronous))
    return Roles(cluster, cluster[leader], cluster[synchronous], cluster[other])


def inflict(cluster, load, fault, random_source=random):
    """Strikes under load and waits until all is whole again. Returns a line of measurements. Throws AssertionError."""
    cluster.wait_until_whole()
    load.wait_for_writes(MACHINE_BOUND_S)
    # At any phase of Patroni's loop.
    time.sleep(random_source.uniform(0, 1))
    roles = roles_of(cluster)
    struck_at = time.monotonic()
    fault.strike(roles)
    time.sleep(fault.lasts_s)
    resumed_late = False
    if fault.bound_s is not None:
        try:
            load.wait_for_writes(2 * MACHINE_BOUND_S)
        except TimeoutError:
            resumed_late = True
        gap_s = load.longest_gap(struck_at)
    undone_at = time.monotonic()
    fault.undo(roles)
    if fault.bound_s is None:
        gap_s = load.wait_for_writes(2 * MACHINE_BOUND_S)
    cluster.wait_until_whole(180)
    whole_s = time.monotonic() - undone_at
    bound_s = fault.bound_s or MACHINE_BOUND_S
    line = f"{fault.name}: writes stopped {gap_s:.1f} s (bound {bound_s} s), whole again after {whole_s:.1f} s"
    if resumed_late or gap_s > bound_s:
        raise AssertionError(line)
    return line
