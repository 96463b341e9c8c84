"""How the store does with catalogs of different sizes, each its own store on the same core, interleaved."""

import contextlib
import typing

from figures import Sample
from report import Row
from rounds import Progress, Subject, run as run_rounds
from stage import MANY_SHOPPERS, SHOPPERS, Stage
from store import Stores

SECTION = "Growth of the catalog"
POPULAR = 10_000  # books that the cached lookups are of, in a catalog of any size


def run(stage: Stage, sizes: typing.Sequence[int], rounds: int, seconds: float, progress: Progress) -> tuple[
        dict[str, list[Sample]], list[Row], dict[str, str]]:
    """Samples `growth_{cached,uncached,purchases}_SIZE`, their rows, and what failed."""
    with contextlib.ExitStack() as stack:
        subjects = [subject for size in sizes for subject in _subjects(stage, stack, size, progress)]
        samples, failed = run_rounds(subjects, rounds, seconds, progress, "growth")
    return samples, [subject.row for subject in subjects], failed


def _subjects(stage: Stage, stack: contextlib.ExitStack, size: int, progress: Progress) -> list[Subject]:
    progress.line(f"importing {size:,} books")
    folder = stage.folder / f"growth-{size}"
    folder.mkdir()
    stores = Stores(stage.programs.bazar, folder, size)
    stores.import_books()
    small = ("--catalogs", "1", "--orders", "1")
    cached = stack.enter_context(stores.start("cached", *small))
    uncached = stack.enter_context(stores.start("uncached", *small, "--cache", "none"))

    def subject(kind: str, label: str, url: str, pid: int, connections: int, mix: str, books: int) -> Subject:
        row = Row(f"growth_{kind}_{size}", f"{label}, {size:,} books", SECTION, connections)
        return Subject(row, stage.http(url, connections, "--mix", mix, "--books", str(books), "--zipf", "0"), (pid,))

    return [subject("cached", "/info, cached", cached.url, cached.server.pid, SHOPPERS, "lookup", POPULAR),
            subject("uncached", "/info, no cache", uncached.url, uncached.server.pid, MANY_SHOPPERS, "lookup", size),
            subject("purchases", "purchases, spread", cached.url, cached.server.pid, MANY_SHOPPERS, "purchase", size)]
