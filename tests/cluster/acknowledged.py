"""Writes rows through whatever PostgreSQL takes them, and remembers which were acknowledged and when.

A client with a deadline of its own: a machine that is frozen still acknowledges TCP, and `statement_timeout` does not
bound the wait for a standby.
"""

import select
import threading
import time

import psycopg2
import psycopg2.extensions
import psycopg2.extras

DEADLINE_S = 3.0


class DeadlinePassed(Exception):
    """The answer did not come in time: the fate of the write is unknown."""


def _poll(connection, deadline):
    while True:
        state = connection.poll()
        if state == psycopg2.extensions.POLL_OK:
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeadlinePassed
        wanted = [connection]
        if state == psycopg2.extensions.POLL_READ:
            select.select(wanted, [], [], left)
        else:
            select.select([], wanted, [], left)


class Writer(threading.Thread):
    """Inserts rising numbers, one transaction each. A number is tried once: unknown ones are never repeated."""

    def __init__(self, connection_strings, number):
        super().__init__(daemon=True)
        self._targets = connection_strings
        self.number = number
        self._stopped = threading.Event()
        self.acknowledged = []
        self.unknown = []
        self.acknowledged_at = []
        self.acknowledged_by = []

    def _connect(self, target):
        connection = psycopg2.connect(target, async_=True)
        try:
            _poll(connection, time.monotonic() + 1.0)
            self._execute(connection, "SELECT pg_is_in_recovery()", 1.0)
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _execute(connection, statement, seconds, values=()):
        cursor = connection.cursor()
        cursor.execute(statement, values)
        _poll(connection, time.monotonic() + seconds)
        return cursor

    def run(self):
        connection, target, row = None, 0, 0
        while not self._stopped.is_set():
            try:
                if connection is None:
                    connection = self._connect(self._targets[target])
            except (psycopg2.Error, DeadlinePassed):
                target = (target + 1) % len(self._targets)
                self._stopped.wait(0.02)
                continue
            row += 1
            try:
                self._execute(connection, "INSERT INTO written VALUES(%s, %s)", DEADLINE_S, (self.number, row))
                self.acknowledged.append(row)
                self.acknowledged_at.append(time.monotonic())
                self.acknowledged_by.append(target)
            except (psycopg2.Error, DeadlinePassed):
                self.unknown.append(row)
                connection.close()
                connection, target = None, (target + 1) % len(self._targets)
                self._stopped.wait(0.02)

    def stop(self):
        self._stopped.set()
        self.join(10)


class Writers:
    """Several writers, the table they write, and what must be true of it."""

    def __init__(self, cluster, count=4):
        self._cluster = cluster
        cluster.sql(cluster.leader(), "CREATE TABLE IF NOT EXISTS written(writer int, row int, PRIMARY KEY(writer, row))")
        targets = [cluster.connection_string(name) for name in cluster.machines]
        self._writers = [Writer(targets, number) for number in range(count)]
        for writer in self._writers:
            writer.start()

    def acknowledged(self):
        return sum(len(writer.acknowledged) for writer in self._writers)

    def longest_gap(self, since):
        """Seconds in which no write at all was acknowledged, at the longest, from `since` until now."""
        times = sorted(at for writer in self._writers for at in list(writer.acknowledged_at) if at >= since)
        times = [since, *times, time.monotonic()]
        return max(after - before for before, after in zip(times, times[1:]))

    def wait_for_writes(self, within):
        """Until writes go on; returns how long that took."""
        before = self.acknowledged()
        return self._cluster.wait_until(lambda: self.acknowledged() > before + 20, "writes", within)

    def stop(self):
        for writer in self._writers:
            writer.stop()

    def lost(self):
        """Acknowledged rows that are not there."""
        claimed = [(writer.number, row) for writer in self._writers for row in list(writer.acknowledged)]
        there = {tuple(map(int, line.split("|"))) for line in
                 self._cluster.sql(self._cluster.leader(), "SELECT writer, row FROM written")}
        return [row for row in claimed if row not in there]
