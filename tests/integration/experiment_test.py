#!/usr/bin/python3
"""`bazar experiment`: report and tables are there and well-formed, and an interrupted run ends its stores and says so; where there
can be no cluster, it says why."""

import csv
import html.parser
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

VOID = {"meta", "br", "link", "img", "input", "hr"}
# Of one short study; it takes seconds, more where the machine is busy.
LIMIT_S = 100


class Page(html.parser.HTMLParser):
    """Checks that elements are closed in order, and collects what is in them."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.counts, self.references, self.text = [], set(), {}, [], ""

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.ids.add(attributes.get("id"))
        self.references += [attributes[name] for name in ("href", "src") if name in attributes]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.text += data


def read_page(path):
    page = Page()
    page.feed(path.read_text())
    page.close()
    assert not page.open, page.open
    assert all(reference.startswith("#") for reference in page.references), page.references
    return page


def read_table(path):
    with path.open(newline="") as file:
        heading, *rows = list(csv.reader(file))
    assert rows, path
    assert all(len(row) == len(heading) for row in rows), path
    return [dict(zip(heading, row)) for row in rows]


def start(binary, out, temporary, *arguments):
    return subprocess.Popen(
        [binary, "experiment", "--out", out, *arguments],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def commands_with(word):
    """The command lines of running processes that mention it."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if entry.name.isdigit() and entry.name != str(os.getpid()) and word in line:
            found.append(line)
    return found


def check_nothing_is_left(temporary):
    assert not list(temporary.iterdir()), list(temporary.iterdir())
    assert not commands_with(str(temporary)), commands_with(str(temporary))


def check_short_study(binary, folder):
    out, temporary = folder / "results", folder / "tmp"
    temporary.mkdir()
    run = start(binary, out, temporary, "--quick", "--only", "cache")
    output, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 0, errors
    assert errors.startswith("This takes about "), errors
    assert output.strip() == str(out / "report.html"), output
    page = read_page(out / "report.html")
    assert {"cache", "earlier-stores"} <= page.ids, page.ids
    assert page.counts["svg"] == 1 and page.counts["table"] == 2, page.counts
    assert "script" not in page.counts and "link" not in page.counts, page.counts
    rows = read_table(out / "cache.csv")
    assert {(row["operation"], row["set-up"]) for row in rows} == {
        (operation, setup)
        for operation in ("search", "info", "purchase")
        for setup in ("without cache", "with cache")
    }
    for row in rows:
        low, value, high = (float(row[name]) for name in ("median, 95 % from [ms]", "median [ms]", "median, 95 % to [ms]"))
        assert 0 < low <= value <= high, row
        assert float(row["p90 [ms]"]) <= float(row["p99 [ms]"]) <= float(row["longest [ms]"]), row
    read_table(out / "earlier-stores.csv")
    check_nothing_is_left(temporary)


def check_interruption(binary, folder):
    out, temporary = folder / "interrupted", folder / "tmp2"
    temporary.mkdir()
    run = start(binary, out, temporary, "--quick", "--only", "frontends,crash")
    until = time.monotonic() + LIMIT_S
    while not any(" up " in line for line in commands_with(str(temporary))):
        assert time.monotonic() < until and run.poll() is None, "no store was started"
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 1, errors
    assert "interrupted" in errors.splitlines()[-1], errors
    assert "was interrupted" in read_page(out / "report.html").text
    check_nothing_is_left(temporary)


def check_skipped_cluster(binary, folder, why, *arguments):
    out, temporary = folder / "skipped", folder / "tmp3"
    temporary.mkdir()
    run = start(binary, out, temporary, "--only", "cluster", *arguments)
    _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 0, errors
    page = read_page(out / "report.html")
    assert "cluster" in page.ids and f"Skipped: {why}" in page.text, page.text
    check_nothing_is_left(temporary)
    temporary.rmdir()


def write_script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def check_no_cluster(binary, folder):
    missing = folder / "nothing"
    check_skipped_cluster(binary, folder, f"there is no {missing}", "--cluster-script", str(missing))
    refuses = write_script(folder / "refuses", "echo 'cluster: network namespaces need root' >&2; exit 1")
    check_skipped_cluster(binary, folder, "network namespaces need root.", "--cluster-script", refuses)
    check_skipped_cluster(binary, folder, "it takes two minutes", "--cluster-script", refuses, "--quick")


def check_broken_cluster(binary, folder):
    """A cluster that began and did not come about is a failure, not skipped."""
    out, temporary = folder / "broken", folder / "tmp4"
    temporary.mkdir()
    breaks = write_script(folder / "breaks", "echo 'Three machines …'; echo 'cluster: not within 90 s: a primary' >&2; exit 1")
    run = start(binary, out, temporary, "--only", "cluster", "--cluster-script", breaks)
    _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 1 and "not within 90 s: a primary" in errors, errors
    assert "Not measured" in read_page(out / "report.html").text
    check_nothing_is_left(temporary)


def check_interrupted_cluster(binary, folder):
    """The script is ended in order, by a signal that it can act on."""
    out, temporary, ended = folder / "unready", folder / "tmp5", folder / "ended"
    temporary.mkdir()
    waits = write_script(folder / "waits", f"trap 'touch {ended}; exit 0' TERM\necho 'Three machines'\nwhile :; do sleep 0.1; done")
    run = start(binary, out, temporary, "--only", "cluster", "--cluster-script", waits)
    until = time.monotonic() + LIMIT_S
    while not any("Three machines" in log.read_text() for log in temporary.glob("*/*/up.log")):
        assert time.monotonic() < until and run.poll() is None, "the script was not started"
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 1 and "interrupted" in errors.splitlines()[-1], errors
    assert ended.exists(), "the script was killed"
    assert not commands_with(str(waits)), commands_with(str(waits))
    check_nothing_is_left(temporary)


def check_wrong_usage(binary, folder):
    run = start(binary, folder / "none", folder, "--only", "nonsense")
    _, errors = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 2, errors
    assert "--only" in errors and len(errors.splitlines()) == 1, errors
    assert not (folder / "none").exists()


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        for check in (check_short_study, check_interruption, check_no_cluster, check_broken_cluster, check_interrupted_cluster,
                      check_wrong_usage):
            check(binary, pathlib.Path(name))


if __name__ == "__main__":
    main()
