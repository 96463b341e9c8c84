"""The machine that a comparison ran on, and its disk."""

import json
import os
import pathlib
import platform
import statistics
import subprocess
import time

from figures import Sample
from processes import LOAD_CORE, SERVER_CORE, CoreClock

PAGE = 4_096
MIB = 1 << 20
QUIET = 0.1  # share of a core that others may use


def describe(folder: pathlib.Path) -> dict[str, str]:
    """What a reader must know to compare figures; `folder` is where the databases lie."""
    cpus = [line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")]
    memory_kib = int(pathlib.Path("/proc/meminfo").read_text().split()[1])
    system = platform.freedesktop_os_release()
    others = other_load()
    described = {
        "processor": f"{os.cpu_count()} × {cpus[0] if cpus else platform.machine()}",
        "memory": f"{memory_kib / MIB:.1f} GiB",
        "system": f"{system.get('PRETTY_NAME', platform.system())}, Linux {platform.release()}",
        "disk": f"{file_system(folder)['fstype']} on {file_system(folder)['source']}",
        "busy with other things before": " and ".join(f"{100 * share:.0f} %" for share in others) + " of the cores",
        "commit": _git("describe", "--always", "--dirty", "--abbrev=12"),
    }
    if max(others) > QUIET:
        described["**warning**"] = "other programs were running: these figures mean little, and no row tells who held it back"
    return described


def file_system(folder: pathlib.Path) -> dict[str, str]:
    found = subprocess.run(["findmnt", "--json", "--output", "fstype,source", "--target", folder], capture_output=True, text=True)
    if found.returncode != 0:
        return {"fstype": "unknown", "source": "unknown"}
    answer: dict[str, list[dict[str, str]]] = json.loads(found.stdout)
    return answer["filesystems"][0]


def other_load(seconds: float = 1.0) -> list[float]:
    """Share of time, from 0 to 1, that the servers' and the load's core are busy while nothing is asked of them."""
    cores = CoreClock()
    time.sleep(seconds)
    return [cores.busy_seconds(core) / seconds for core in (SERVER_CORE, LOAD_CORE)]


def fdatasync(folder: pathlib.Path, writes: int = 300) -> Sample:
    """What it costs to make 4 KiB durable in a file that has its size already, as a write-ahead log has."""
    path = folder / "fdatasync"
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(file, bytes(MIB), 0)
        os.fsync(file)
        times_us = []
        for number in range(writes):
            start = time.perf_counter()
            os.pwrite(file, bytes([number % 256]) * PAGE, number * PAGE % MIB)
            os.fdatasync(file)
            times_us.append((time.perf_counter() - start) * 1e6)
    finally:
        os.close(file)
        path.unlink()
    cuts = statistics.quantiles(times_us, n=100)
    return Sample(rate=writes / (sum(times_us) / 1e6), p50_us=cuts[49], p99_us=cuts[98])


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, cwd=pathlib.Path(__file__).parent)
    return done.stdout.strip() or "unknown"
