#!/usr/bin/python3
"""What a comparison computes and prints, without a server: medians, ratios, verdicts, tables, what loads print."""

import dataclasses
import json
import pathlib
import sys
import typing
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import figures  # noqa: E402
import goals  # noqa: E402
import loads  # noqa: E402
import report  # noqa: E402
from figures import Sample  # noqa: E402
from processes import Failed  # noqa: E402

PGBENCH = """\
pgbench (15.13 (Debian 15.13-0+deb12u1))
transaction type: bench/sql/purchase.sql
number of clients: 32
number of transactions actually processed: 9000
number of failed transactions: 2 (0.022%)
latency average = 10.6 ms
initial connection time = 30.1 ms
tps = 3000.000000 (without initial connection time)
"""


def rates(*values: float, **fields: typing.Any) -> list[Sample]:
    return [Sample(rate=value, **fields) for value in values]


class Figures(unittest.TestCase):
    def test_the_ratio_is_of_the_same_round(self) -> None:
        # The second round was disturbed: the medians alone would say 50 / 100.
        self.assertEqual(figures.ratio(rates(90, 45, 90), rates(100, 50, 100)), 0.9)

    def test_a_round_that_the_other_lacks_does_not_count(self) -> None:
        self.assertEqual(figures.ratio(rates(1, 2, 3), rates(2)), 0.5)

    def test_a_floor_that_the_load_holds_back_flatters_nobody(self) -> None:
        subject, floor = rates(90, server_cpu_us=10), rates(80, server_cpu_us=8)
        self.assertEqual(figures.share_of_floor(subject, floor), 0.8)
        self.assertEqual(figures.share_of_floor(rates(40, server_cpu_us=10), floor), 0.5)
        self.assertEqual(figures.share_of_floor(rates(40), rates(80)), 0.5)

    def test_what_was_not_measured_is_none(self) -> None:
        self.assertIsNone(figures.median([]))
        self.assertIsNone(figures.median(rates(1), "p50_us"))
        self.assertIsNone(figures.ratio(rates(1), rates(1), "p50_us"))
        self.assertIsNone(figures.spread([]))

    def test_the_spread_is_a_share_of_the_median(self) -> None:
        self.assertAlmostEqual(figures.spread(rates(90, 100, 120)) or 0, 0.3)

    def test_the_bottleneck(self) -> None:
        self.assertEqual(figures.held_back_by(rates(1, server_core=0.97, load_core=0.95)), "")
        self.assertEqual(figures.held_back_by(rates(1, server_core=0.6, load_core=0.99)), "load-limited")
        self.assertIn("neither", figures.held_back_by(rates(1, server_core=0.4, load_core=0.1)))


class Goals(unittest.TestCase):
    def judged(self, study: goals.Study) -> dict[tuple[str, str], goals.Goal]:
        return {(goal.subject, goal.aim): goal for goal in goals.judge(study)}

    def test_nothing_is_met_by_what_was_not_measured(self) -> None:
        found = self.judged(goals.Study({}, {}, {}))
        self.assertEqual({goal.met for goal in found.values()}, {None})

    def test_least_and_most(self) -> None:
        found = self.judged(goals.Study(
            peak={"canned": rates(200), "info_cached": rates(190), "nginx_static": rates(160)},
            half_load={"canned": rates(100, p50_us=10, p99_us=20), "info_cached": rates(95, p50_us=12, p99_us=40)},
            facts={"connection_bytes": 9 * 1024}))
        self.assertIs(found["cached /info", "of L"].met, True)
        self.assertIs(found["cached /info", "of nginx static"].met, False)
        self.assertIs(found["cached /info, at half load", "p50, of L's"].met, True)
        self.assertIs(found["cached /info, at half load", "p99, of L's"].met, False)
        self.assertIs(found["memory", "a connection"].met, False)

    def test_every_goal_is_named_once(self) -> None:
        study = goals.Study({f"growth_cached_{books}": rates(1) for books in (10_000, 1_000_000)}, {}, {})
        judged = goals.judge(study)
        self.assertEqual(len(self.judged(study)), len(judged))
        self.assertIs(self.judged(study)["cached, 1,000,000 books", "of 10,000"].met, True)


class Report(unittest.TestCase):
    def test_a_table_has_columns_of_one_width(self) -> None:
        self.assertEqual(report.markdown_table(("what", "rate"), [("L", "100"), ("nginx static", "7")]),
                         "| what         | rate |\n"
                         "|--------------|-----:|\n"
                         "| L            |  100 |\n"
                         "| nginx static |    7 |\n")

    def test_rows_stand_beside_the_floor(self) -> None:
        rows = [report.Row("canned", "L", "Lookups", 64, 150), report.Row("info_cached", "Bazar", "Lookups", 64, 400),
                report.Row("absent", "absent", "Lookups", 64)]
        study = goals.Study({"canned": rates(200_000, server_cpu_us=5), "info_cached": rates(150_000, errors=3)}, {}, {})
        lines = report.peak_table(rows, study).splitlines()
        self.assertEqual(len(lines), 4)
        cells = [cell.strip() for cell in lines[3].strip("|").split("|")]
        self.assertEqual(cells[:5], ["Bazar", "64", "400", "150,000", "0.750"])
        self.assertEqual(cells[7], "3")

    def test_the_whole_report(self) -> None:
        rows = [report.Row("canned", "L", "Lookups", 64, 150)]
        study = goals.Study({"canned": rates(200)}, {"canned": rates(100, p50_us=10.0, p99_us=20.0), "fdatasync": rates(9, p50_us=80.0)},
                            {"connection_bytes": 4096})
        text = report.render("run --quick", {"processor": "2 × X"}, rows, study, goals.judge(study), {"Varnish": "missing"})
        for part in ("run --quick", "- processor: 2 × X", "## Lookups", "## Latency", "p50 80 µs", "4.00 KiB", "- Varnish: missing"):
            self.assertIn(part, text)


class Loads(unittest.TestCase):
    def test_what_bazar_bench_prints(self) -> None:
        load = loads.Http(pathlib.Path("bazar"), "http://127.0.0.1:1", ("--raw-path", "/"), 64)
        outcome = load.read(json.dumps({
            "measured_ms": 2_000, "goodput_per_s": 950.5, "dropped": 1, "connect_failures": 2,
            "all": {"requests": 2_000, "succeeded": 1_901, "latency_us": {"p50": 60.5, "p99": 90.0}},
            "samples": [{"at_ms": -300, "succeeded": 299}, {"at_ms": 0, "succeeded": 1_901}]}))
        self.assertEqual(outcome, loads.Outcome(2_200, 950.5, loads.WARM_UP_S + 2, errors=102, p50_us=60.5, p99_us=90.0))

    def test_only_an_open_loop_has_a_rate(self) -> None:
        load = loads.Http(pathlib.Path("bazar"), "http://127.0.0.1:1", ("--raw-path", "/"), 64)
        self.assertNotIn("--rate", load.command(1))
        paced = dataclasses.replace(load, rate=1234.5).command(1)
        self.assertEqual(paced[paced.index("--rate") + 1], "1234")

    def test_what_pgbench_prints(self) -> None:
        load = loads.Pgbench(pathlib.Path("pgbench"), "postgresql://x", pathlib.Path("x.sql"), 10, 32)
        self.assertEqual(load.read(PGBENCH), loads.Outcome(9_000, 3_000, 3, errors=2))
        with self.assertRaises(Failed):
            load.read("pgbench: error: connection refused")


if __name__ == "__main__":
    unittest.main()
