"""A comparison in words: the tables of lookups, purchases, latencies and goals, as Markdown that a terminal shows as well."""

import dataclasses
import typing

import figures
from figures import Sample
from goals import Goal, Study

FLOOR = "canned"


@dataclasses.dataclass(frozen=True)
class Row:
    """What stands in a line besides its figures."""

    key: str
    label: str
    section: str
    connections: int
    answer_bytes: int | None = None


def markdown_table(head: typing.Sequence[str], lines: typing.Sequence[typing.Sequence[str]], texts: int = 1) -> str:
    """Columns padded to one width; the first `texts` of them are words, the others figures."""
    cells: list[typing.Sequence[str]] = [head, *lines]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]

    def pad(line: typing.Sequence[str]) -> str:
        padded = [cell.ljust(width) if column < texts else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(line, widths))]
        return f"| {' | '.join(padded)} |"

    rule = "|".join("-" * (width + 2) if column < texts else "-" * (width + 1) + ":" for column, width in enumerate(widths))
    return "\n".join([pad(cells[0]), f"|{rule}|", *map(pad, cells[1:])]) + "\n"


def number(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"


def peak_table(rows: typing.Sequence[Row], study: Study) -> str:
    head = ("", "connections", "bytes", "a second", "× L", "spread", "server CPU µs", "errors", "note")
    lines = []
    for row in rows:
        samples = study.peak.get(row.key)
        if not samples:
            continue
        floor = study.peak.get(FLOOR)
        errors = sum(sample.errors for sample in samples)
        lines.append((row.label, number(row.connections), number(row.answer_bytes), number(figures.median(samples)),
                      number(figures.share_of_floor(samples, floor), 3) if floor else "", percent(figures.spread(samples)),
                      number(figures.median(samples, "server_cpu_us"), 1), number(errors) if errors else "",
                      figures.held_back_by(samples)))
    return markdown_table(head, lines) if lines else ""


def latency_table(rows: typing.Sequence[Row], study: Study) -> str:
    head = ("at half of its own peak, or as told", "a second", "p50 µs", "of L's", "p99 µs", "of L's")
    floor = study.half_load.get(FLOOR)

    def line(row: Row, samples: typing.Sequence[Sample]) -> tuple[str, ...]:
        compared = [number(figures.ratio(samples, floor, field), 2) if floor else "" for field in ("p50_us", "p99_us")]
        return (row.label, number(figures.median(samples)), number(figures.median(samples, "p50_us")), compared[0],
                number(figures.median(samples, "p99_us")), compared[1])

    lines = [line(row, study.half_load[row.key]) for row in rows if row.key in study.half_load]
    return markdown_table(head, lines) if lines else ""


def goals_table(goals: typing.Sequence[Goal]) -> str:
    verdict = {True: "met", False: "**not met**", None: "not measured"}
    lines = [(goal.subject, goal.aim, f"{'≥' if goal.at_least else '≤'} {goal.bound:g} {goal.unit}",
              "" if goal.value is None else f"{goal.value:.2f} {goal.unit}", verdict[goal.met]) for goal in goals]
    return markdown_table(("goal", "", "wanted", "found", ""), lines, texts=2)


def render(command: str, machine: typing.Mapping[str, str], rows: typing.Sequence[Row], study: Study, goals: typing.Sequence[Goal],
           skipped: typing.Mapping[str, str]) -> str:
    parts = ["# The store beside its references\n", f"    {command}\n",
             "\n".join(f"- {name}: {value}" for name, value in machine.items()) + "\n",
             "Server side on one core, load on another; medians of interleaved rounds; × L is the median of the ratios to the canned "
             "bytes of the same round, by rate or by processor time an answer, whichever is less (the load may hold L back). Spread: from the least to the greatest, of the median. Server CPU: of the processes of the "
             "server side, an answer.\n"]
    for section in dict.fromkeys(row.section for row in rows):
        table = peak_table([row for row in rows if row.section == section], study)
        if table:
            parts += [f"## {section}\n", table]
    latencies = latency_table(rows, study)
    if latencies:
        parts += ["## Latency\n", latencies]
    if "fdatasync" in study.half_load:
        disk = study.half_load["fdatasync"]
        parts.append(f"An fdatasync of 4 KiB meanwhile: p50 {number(figures.median(disk, 'p50_us'))} µs, "
                     f"p99 {number(figures.median(disk, 'p99_us'))} µs.\n")
    parts += ["## Goals\n", goals_table(goals)]
    if skipped:
        parts += ["## Skipped\n", "\n".join(f"- {what}: {why}" for what, why in skipped.items()) + "\n"]
    return "\n".join(parts)
