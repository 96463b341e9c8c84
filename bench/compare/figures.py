"""What samples of interleaved rounds say: medians, ratios within a round, spreads, and what held a subject back."""

import dataclasses
import statistics
import typing

# Of a core that is the bottleneck; the rest is what a closed loop loses at its ends.
BUSY = 0.9


@dataclasses.dataclass(frozen=True)
class Sample:
    """One subject in one round."""

    rate: float  # answers a second
    errors: int = 0  # answers that were not what was asked for
    p50_us: float | None = None
    p99_us: float | None = None
    server_cpu_us: float = 0.0  # of the server's processes, an answer
    server_core: float = 1.0  # share of the time that its core was busy
    load_core: float = 0.0


def median(samples: typing.Sequence[Sample], field: str = "rate") -> float | None:
    """None where no sample has the field."""
    values = [value for sample in samples if (value := getattr(sample, field)) is not None]
    return statistics.median(values) if values else None


def ratio(samples: typing.Sequence[Sample], base: typing.Sequence[Sample], field: str = "rate") -> float | None:
    """Median of the ratios within a round: what slows a whole round down does not count."""
    ratios: list[float] = [getattr(sample, field) / getattr(other, field) for sample, other in zip(samples, base)
              if getattr(sample, field) is not None and getattr(other, field)]
    return statistics.median(ratios) if ratios else None


def share_of_floor(samples: typing.Sequence[Sample], floor: typing.Sequence[Sample]) -> float | None:
    """What a subject reaches of the floor: by answers a second, or by processor time an answer where that says less. The floor
    costs so little that the load may hold it back; its rate alone would then flatter everybody."""
    by_rate = ratio(samples, floor)
    by_processor = ratio(floor, samples, "server_cpu_us")
    shares = [share for share in (by_rate, by_processor) if share is not None]
    return min(shares) if shares else None


def spread(samples: typing.Sequence[Sample], field: str = "rate") -> float | None:
    """Distance from the least to the greatest, as a share of the median."""
    middle = median(samples, field)
    if not middle:
        return None
    values: list[float] = [getattr(sample, field) for sample in samples]
    return (max(values) - min(values)) / middle


def held_back_by(samples: typing.Sequence[Sample]) -> str:
    """Empty where the server's core was the bottleneck, as it should be."""
    server, load = median(samples, "server_core") or 0.0, median(samples, "load_core") or 0.0
    if server >= BUSY:
        return ""
    return "load-limited" if load >= BUSY else "neither core is busy: waits for the disk or a lock"
