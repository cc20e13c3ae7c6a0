"""What every line of the bench needs: the anchors, the programs, passes in turn, medians, a table."""
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PROGRAMS = os.path.join(ROOT, ".build", "release")
COORD = os.path.join(PROGRAMS, "coord")
BENCH = os.path.join(PROGRAMS, "coord-bench")
ANCHORS = os.path.abspath(os.environ.get("COORD_ANCHORS") or os.path.join(ROOT, "..", "shared", "bench", "anchors"))
NODE = os.environ.get("ANCHOR_NODE", "node")


def find_anchors():
    """Puts the anchors on Python's path, with the settings they read when they are imported."""
    if not os.path.exists(os.path.join(ANCHORS, "anchorlib.py")):
        sys.exit("error: the anchors are not in %s\nhint: set COORD_ANCHORS to their folder" % ANCHORS)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    venv = os.environ.get("COORD_BENCH_VENV") or os.path.join(cache, "coord-bench", "venv")
    if os.path.exists(os.path.join(venv, "bin", "python")):
        os.environ.setdefault("ANCHOR_VENV", venv)
    os.environ.setdefault("ANCHOR_OUT", tempfile.mkdtemp(prefix="coord-bench-out-"))
    # The rest of the machine is waited for, and how busy it was is told with each table.
    os.environ.setdefault("ANCHOR_QUIET_WAIT", "20")
    sys.path.insert(0, ANCHORS)
    sys.dont_write_bytecode = True


def build():
    """Builds through the launcher, so that what is measured is what people run."""
    subprocess.run([os.path.join(ROOT, "coord"), "version"], check=True, stdout=sys.stderr)


def missing(*programs):
    """The first program that is not there, or None."""
    return next((name for name in programs if not shutil.which(name)), None)


def has_module(name):
    import anchorlib
    return subprocess.run([anchorlib.py(), "-c", "import " + name], stderr=subprocess.DEVNULL).returncode == 0


def passes(tag, cases, count):
    """Runs the cases in turn, `count` times over, by the anchors' own method; answers {case: [rows]}.

    A case is an argument list, or (argument list, environment, folder)."""
    import anchorlib

    def measured(case):
        argv, env, cwd = case if isinstance(case, tuple) else (case, {}, None)

        def once():
            row = anchorlib.run(argv, env={**os.environ, **env}, cwd=cwd)
            try:
                row.update(json.loads(row["out"].strip().split("\n")[-1]))
            except (ValueError, TypeError):
                pass
            return row
        return once

    tag = "%s %d" % (tag, time.time())
    anchorlib.rounds(tag, {name: measured(case) for name, case in cases.items()}, count, 0)
    rows = {name: [] for name in cases}
    with open(os.path.join(os.environ["ANCHOR_OUT"], "raw.jsonl"), encoding="utf-8") as file:
        for row in map(json.loads, file):
            if row["tag"] == tag:
                rows[row["case"]].append(row)
    return rows


def machine():
    """The machine and the state of the sources, in one line."""
    model = ""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    git = ["git", "-C", ROOT]
    commit = subprocess.run(git + ["rev-parse", "--short=12", "HEAD"], stdout=subprocess.PIPE, text=True).stdout.strip()
    dirty = subprocess.run(git + ["status", "--porcelain", "--", "Sources", "Package.swift"],
                           stdout=subprocess.PIPE, text=True).stdout.strip()
    return "%s · %d × %s · %s %s" % (
        commit + (" with changes" if dirty else ""), os.cpu_count(), model or platform.machine(),
        platform.system(), platform.release())


def figure(value):
    if value is None:
        return ""
    return "{:,.0f}".format(value) if abs(value) >= 1000 else "%.4g" % value


class Table:
    """Rows of one line: coord's, the peers', what was asked for and what came."""

    def __init__(self, title, unit):
        self.title, self.unit = title, unit
        self.rows, self.marks, self.notes, self.noise = [], [], [], []

    def row(self, name, values):
        """A case and its figures, one a pass; the median is answered. None when there is none."""
        values = [value for value in values if value is not None]
        if not values:
            self.absent(name, "it failed; its words are above")
            return None
        median = statistics.median(values)
        self.rows.append((name, figure(median), "%s – %s" % (figure(min(values)), figure(max(values))), len(values)))
        return median

    def measured(self, name, rows, value):
        self.noise += [row["other"] for row in rows]
        return self.row(name, [value(row) for row in rows])

    def absent(self, name, why):
        self.rows.append((name, "not run: " + why, "", 0))

    def mark(self, what, value, wanted, reached):
        """What PERFORMANCE asks for, and whether it was reached; a value of None could not be measured."""
        if value is None:
            self.marks.append("- %s: not measured (to reach: %s)" % (what, wanted))
        else:
            self.marks.append("- %s: **%s** (to reach: %s) %s" % (
                what, figure(value), wanted, "✓" if reached(value) else "✗"))

    def ratio(self, what, coord, peer, least):
        value = coord / peer if coord and peer else None
        self.mark("%s, coord ÷ peer" % what, value, "≥ %s" % figure(least), lambda ratio: ratio >= least)

    def text(self, line, seconds):
        out = ["## %s · %s" % (line, self.title), "",
               "%s · %s · %d s" % (time.strftime("%Y-%m-%d %H:%M"), machine(), seconds), "",
               "| case | median, %s | range | passes |" % self.unit, "|---|---|---|---|"]
        out += ["| %s | %s | %s | %s |" % row for row in self.rows]
        out += [""] + self.marks + ["- " + note for note in self.notes]
        if self.noise:
            out.append("- other work on the machine meanwhile: %.2f cores in the median, %.2f at most" % (
                statistics.median(self.noise), max(self.noise)))
        return "\n".join(out) + "\n"
