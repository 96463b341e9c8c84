"""What puts load on a subject for some seconds, and tells what came of it. Each runs pinned, as a process of its own."""

import dataclasses
import json
import pathlib
import re
import resource
import subprocess
import typing

from figures import Sample
from processes import LOAD_CORE, SERVER_CORE, CoreClock, Failed, cpu_seconds, pinned

CONNECT_WITHIN_S = 30
WARM_UP_S = 0.3


@dataclasses.dataclass(frozen=True)
class Outcome:
    answers: float  # good ones, those of the warm-up included
    rate: float  # good ones a second, without the warm-up
    seconds: float  # under load, the warm-up included
    errors: int = 0  # other answers, or none
    p50_us: float | None = None
    p99_us: float | None = None


class Load(typing.Protocol):
    @property
    def core(self) -> int:
        """On which it runs."""

    def command(self, seconds: float) -> list[str]: ...

    def read(self, output: str) -> Outcome: ...


@dataclasses.dataclass(frozen=True)
class Http:
    """`bazar bench` against one address."""

    bazar: pathlib.Path
    url: str
    asks: tuple[str, ...]  # what for: --raw-path PATH, or --mix NAME and its books
    connections: int
    rate: float | None = None  # requests a second by schedule; None: each connection asks when it has its answer
    core: int = LOAD_CORE

    def command(self, seconds: float) -> list[str]:
        pace = ["--rate", f"{self.rate:.0f}"] if self.rate else []
        return [str(self.bazar), "bench", self.url, *self.asks, "--connections", str(self.connections), *pace,
                "--warmup", f"{WARM_UP_S}s", "--duration", f"{seconds}s", "--json", "-"]

    def read(self, output: str) -> Outcome:
        report = json.loads(output)
        latency, answers = report["all"]["latency_us"], report["all"]
        failed = answers["requests"] - answers["succeeded"] + report["dropped"] + report["connect_failures"]
        return Outcome(sum(step["succeeded"] for step in report["samples"]), report["goodput_per_s"],
                       WARM_UP_S + report["measured_ms"] / 1_000, failed, latency["p50"], latency["p99"])


@dataclasses.dataclass(frozen=True)
class Pgbench:
    """Transactions of one script, each prepared once a client."""

    program: pathlib.Path
    url: str
    script: pathlib.Path
    books: int
    clients: int
    core: int = LOAD_CORE

    def command(self, seconds: float) -> list[str]:
        return [str(self.program), "--no-vacuum", "--protocol=prepared", f"--file={self.script}", f"--define=books={self.books}",
                f"--client={self.clients}", "--jobs=1", f"--time={max(1, round(seconds))}", self.url]

    def read(self, output: str) -> Outcome:
        rate = _figure(r"tps = ([\d.]+)", output)
        requests = _figure(r"transactions actually processed: (\d+)", output)
        return Outcome(requests, rate, requests / rate, errors=int(_figure(r"number of failed transactions: (\d+)", output)))


@dataclasses.dataclass(frozen=True)
class SqlitePurchases:
    """Server and load in one: it stands on the server's core."""

    program: pathlib.Path
    file: pathlib.Path
    books: int
    core: int = SERVER_CORE

    def command(self, seconds: float) -> list[str]:
        return [str(self.program), str(self.file), "--books", str(self.books), "--seconds", str(seconds)]

    def read(self, output: str) -> Outcome:
        told = json.loads(output)
        return Outcome(told["requests"], told["rate"], told["requests"] / told["rate"])


def run(load: Load, seconds: float) -> Outcome:
    """Raises Failed."""
    try:
        done = subprocess.run(pinned(load.core, load.command(seconds)), capture_output=True, text=True,
                              timeout=seconds * 3 + CONNECT_WITHIN_S)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"the load did not end: {late}") from None
    if done.returncode != 0:
        raise Failed(next(reversed(done.stderr.splitlines()), f"exit code {done.returncode} of {load.command(seconds)[0]}"))
    return load.read(done.stdout)


def measure(load: Load, roots: typing.Sequence[int], seconds: float) -> Sample:
    """One sample; `roots` are the processes of the server side, which are not the load's own. Raises Failed."""
    server, cores, own = cpu_seconds(roots), CoreClock(), _children_seconds()
    outcome = run(load, seconds)
    server = cpu_seconds(roots) - server if roots else _children_seconds() - own
    if outcome.answers == 0:
        raise Failed("not one answer")
    return Sample(rate=outcome.rate, errors=outcome.errors, p50_us=outcome.p50_us, p99_us=outcome.p99_us,
                  server_cpu_us=server / outcome.answers * 1e6,
                  server_core=min(1.0, cores.busy_seconds(SERVER_CORE) / outcome.seconds),
                  load_core=min(1.0, cores.busy_seconds(LOAD_CORE) / outcome.seconds))


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _figure(pattern: str, output: str) -> float:
    found = re.search(pattern, output)
    if not found:
        raise Failed(f"nothing like `{pattern}` in what it printed")
    return float(found[1])
