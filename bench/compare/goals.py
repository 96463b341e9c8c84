"""The goals of the project for one core on the server's side, and whether a comparison met them."""

import dataclasses
import typing

from figures import Sample, ratio, share_of_floor

Rows = typing.Mapping[str, typing.Sequence[Sample]]
KIB = 1_024
MB = 1_000_000


@dataclasses.dataclass(frozen=True)
class Goal:
    """`value` is None where what it takes was not measured."""

    subject: str
    aim: str
    bound: float
    value: float | None
    at_least: bool = True
    unit: str = "×"

    @property
    def met(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound


@dataclasses.dataclass(frozen=True)
class Study:
    """Everything that was measured; what is missing is not in it."""

    peak: Rows
    half_load: Rows  # open loop, at half of the peak of each or at a rate of its own
    facts: typing.Mapping[str, float]


def _peak(study: Study, subject: str, base: str) -> float | None:
    if subject not in study.peak or base not in study.peak:
        return None
    return ratio(study.peak[subject], study.peak[base])


def _of_floor(study: Study, subject: str) -> float | None:
    if subject not in study.peak or "canned" not in study.peak:
        return None
    return share_of_floor(study.peak[subject], study.peak["canned"])


def _latency(study: Study, subject: str, base: str, field: str) -> float | None:
    if subject not in study.half_load or base not in study.half_load:
        return None
    return ratio(study.half_load[subject], study.half_load[base], field)


def _lookups(study: Study) -> list[Goal]:
    cached = [Goal(label, "of L", 0.90, _of_floor(study, subject))
              for label, subject in (("cached /info", "info_cached"), ("cached /search", "search_cached"))]
    others = (("nginx static", "nginx_static", 1.25), ("nginx proxy_cache", "nginx_cache", 1.5), ("Varnish", "varnish", 2.5),
              ("Flask under uWSGI", "flask_dict", 14))
    cached += [Goal("cached /info", f"of {label}", bound, _peak(study, "info_cached", base)) for label, base, bound in others]
    return [*cached, Goal("uncached /info", "of L", 0.5, _of_floor(study, "info_uncached")),
            Goal("uncached /info", "of nginx proxying", 2, _peak(study, "info_uncached", "nginx_proxy"))]


def _sqlite_purchases(study: Study) -> list[Goal]:
    goals = []
    for kind in ("spread", "hot"):
        label, subject = f"purchases over SQLite, {kind}", f"sqlite_{kind}"
        goals += [Goal(label, "of L, at first", 0.3, _of_floor(study, subject)),
                  Goal(label, "of L, in the end", 0.5, _of_floor(study, subject)),
                  Goal(label, "of one transaction each", 8, _peak(study, subject, f"sqlite_each_{kind}")),
                  Goal(label, "1,000 connections, of 256", 1, _peak(study, f"sqlite_{kind}_1000", subject))]
    return [*goals, Goal("purchases over SQLite", "hot, of spread", 0.9, _peak(study, "sqlite_hot", "sqlite_spread"))]


def _postgres_purchases(study: Study) -> list[Goal]:
    goals = []
    for place, label in (("postgres", "PostgreSQL"), ("standby", "PostgreSQL with a synchronous standby")):
        for kind, bound in (("hot", 10), ("spread", 3)):
            goals.append(Goal(f"purchases over {label}, {kind}", "of the best pgbench", bound,
                              _peak(study, f"{place}_{kind}", f"pgbench_{place}_{kind}")))
    return goals


def _latencies(study: Study) -> list[Goal]:
    at_half = ", at half load"
    return [Goal("cached /info" + at_half, "p50, of L's", 1.3, _latency(study, "info_cached", "canned", "p50_us"), False),
            Goal("cached /info" + at_half, "p99, of L's", 1.5, _latency(study, "info_cached", "canned", "p99_us"), False),
            Goal("uncached /info" + at_half, "p50, of L's", 3, _latency(study, "info_uncached", "canned", "p50_us"), False),
            Goal("purchases over SQLite" + at_half, "p50, of an fdatasync", 4,
                 _latency(study, "sqlite_spread", "fdatasync", "p50_us"), False),
            Goal("purchase with 3 front-ends", "p50, of that with one", 1.2,
                 _latency(study, "purchase_3_frontends", "purchase_1_frontends", "p50_us"), False)]


def _growth(study: Study) -> list[Goal]:
    facts = study.facts
    goals = [Goal("cached /info", "10,000 connections, of 64", 0.8, _peak(study, "info_cached_10000", "info_cached")),
             Goal("memory", "a connection", 8, _scaled(facts, "connection_bytes", KIB), False, "KiB"),
             Goal("memory", "a cached book", 1, _scaled(facts, "cached_book_bytes", KIB), False, "KiB"),
             Goal("memory", "whole embedded store with 10,000 books", 150, _scaled(facts, "store_bytes", MB), False, "MB")]
    sizes = sorted(int(name.removeprefix("growth_cached_")) for name in study.peak if name.startswith("growth_cached_"))
    for large in sizes[1:]:
        for kind, bound in (("cached", 0.9), ("uncached", 0.5), ("purchases", 0.5)):
            goals.append(Goal(f"{kind}, {large:,} books", f"of {sizes[0]:,}", bound,
                              _peak(study, f"growth_{kind}_{large}", f"growth_{kind}_{sizes[0]}")))
    return goals


def _scaled(facts: typing.Mapping[str, float], name: str, unit: int) -> float | None:
    return facts[name] / unit if name in facts else None


def judge(study: Study) -> list[Goal]:
    return [*_lookups(study), *_sqlite_purchases(study), *_postgres_purchases(study), *_latencies(study), *_growth(study)]
