"""Interleaved measurement: every subject once a round, so that what disturbs the machine disturbs them alike."""

import dataclasses
import sys
import time
import typing

import loads
from figures import Sample
from processes import Failed
from report import Row


@dataclasses.dataclass(frozen=True)
class Subject:
    row: Row
    load: loads.Load
    roots: tuple[int, ...] = ()  # processes of its server side; none where the load is all of it

    @property
    def key(self) -> str:
        return self.row.key


class Progress:
    """One line on a terminal, rewritten; else a line a round."""

    def __init__(self, expected_s: float):
        self._end = time.monotonic() + expected_s
        self._terminal = sys.stderr.isatty()

    def say(self, what: str) -> None:
        if self._terminal:
            left = max(0, self._end - time.monotonic())
            print(f"\r\033[K{what}, about {left // 60:.0f}:{left % 60:02.0f} left", end="", file=sys.stderr, flush=True)

    def line(self, what: str) -> None:
        print(("\r\033[K" if self._terminal else "") + what, file=sys.stderr, flush=True)


def run(subjects: typing.Sequence[Subject], rounds: int, seconds: float, progress: Progress, name: str,
        each_round: typing.Callable[[], None] = lambda: None) -> tuple[dict[str, list[Sample]], dict[str, str]]:
    """Samples by key, one a round, and why those that failed are left out. `each_round` is called first in each."""
    samples: dict[str, list[Sample]] = {subject.key: [] for subject in subjects}
    failed: dict[str, str] = {}
    for number in range(1, rounds + 1):
        each_round()
        for subject in subjects:
            if subject.key in failed:
                continue
            progress.say(f"{name}, round {number} of {rounds}: {subject.row.label}")
            try:
                samples[subject.key].append(loads.measure(subject.load, subject.roots, seconds))
            except Failed as failure:
                failed[subject.key] = str(failure)
                # A round less would be compared with other rounds of the rest.
                del samples[subject.key]
                progress.line(f"{subject.row.label}: {failure}")
        progress.line(f"{name}: round {number} of {rounds} done")
    return samples, failed
