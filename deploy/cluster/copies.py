"""Whether every machine holds the same rows."""

import time

DATABASES = ("catalog", "orders")
CATCH_UP_S = 60
SETTLE_S = 30


class Differ(RuntimeError):
    pass


def _wait_for_standbys(cluster, leader):
    """Until every one has what the primary has."""
    target = cluster.sql(leader, "SELECT pg_current_wal_flush_lsn()")[0]
    behind = f"SELECT coalesce(pg_last_wal_replay_lsn() < '{target}', false)"
    for name in cluster.machines:
        if name != leader:
            cluster.wait_until(lambda name=name: cluster.sql(name, behind) == ["f"], f"{name} to catch up", CATCH_UP_S)


def checksums(cluster, database):
    """Machine to {table: count and checksum of its rows}, as each held when it was read."""
    leader = cluster.leader()
    _wait_for_standbys(cluster, leader)
    tables = cluster.sql(leader, "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
                         "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1", database)
    one = lambda name, table: cluster.sql(
        name, f"SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY t::text)) FROM {table} AS t", database)[0]
    return {name: {table: one(name, table) for table in tables} for name in cluster.machines}


def require_equal(cluster, database):
    """What was compared, in words. Raises Differ.

    A store that stands writes now and then, if only its leases. Machines that were read before and after such a write differ
    as well: they are read again, and only copies that go on differing do.
    """
    give_up = time.monotonic() + SETTLE_S
    while True:
        found = checksums(cluster, database)
        first = next(iter(found.values()))
        if first and all(each == first for each in found.values()):
            rows = sum(int(each.split("|")[0]) for each in first.values())
            return f"{database}: {len(first)} tables, {rows:,} rows"
        if time.monotonic() > give_up:
            raise Differ(f"the copies of {database} differ: {found}")


def report(cluster):
    """Raises Differ."""
    return f"equal on {' '.join(cluster.machines)}: " + "; ".join(require_equal(cluster, each) for each in DATABASES)
