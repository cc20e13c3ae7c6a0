"""The lines of the bench about recovery: workers and coordinators are killed, hung and starved, with real programs."""
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import anchorlib
from stage import ANCHORS, BENCH, COORD, NODE, ROOT, Table

SCRATCH = tempfile.mkdtemp(prefix="coord-bench-")
KILLS = 20


def percentile(values, part):
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, -(-len(ordered) * part // 100) - 1))] if ordered else None


# MARK: P7


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def supervisord(folder, command):
    return ["supervisord", "-c", write(folder + "/s.conf", """[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
pidfile=%s/pid
[program:w]
command=%s
autorestart=true
startsecs=0
startretries=1000000
stdout_logfile=/dev/null
""" % (folder, command))]


def runsvdir(folder, command):
    write(folder + "/sv/w/run", "#!/bin/sh\nexec %s >/dev/null 2>&1\n" % command, 0o755)
    return ["runsvdir", "-P", folder + "/sv"]


def node(folder, command):
    return [NODE, os.path.join(ANCHORS, "sup_node.js"), "1"] + command.split()


PEERS = {"supervisord": ("supervisord", supervisord), "runsvdir": ("runsvdir", runsvdir), "Node by hand": (NODE, node)}


def peer_times(make, floor, kills):
    """Milliseconds from kill -9 of a peer's one child until the next says that it is up."""
    folder = tempfile.mkdtemp(prefix="sup-", dir=SCRATCH)
    ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ready.bind(folder + "/ready.sock")
    ready.settimeout(20)
    tag = "x" + os.path.basename(folder)[4:]
    process = subprocess.Popen(
        make(folder, "%s child %s 1000" % (floor, tag)), env={**os.environ, "READY_SOCK": folder + "/ready.sock"},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    times = []
    try:
        pid = int(ready.recv(200).split()[1])
        for _ in range(kills):
            # runsv starts a child at most once a second unless it was up for one.
            time.sleep(1.2)
            begin = time.monotonic_ns()
            os.kill(pid, signal.SIGKILL)
            _, pid, at = ready.recv(200).decode().split()
            pid = int(pid)
            times.append((int(at) - begin) / 1e6)
    except (TimeoutError, socket.timeout):
        print("no respawn", file=sys.stderr)
    finally:
        for member in reversed(anchorlib.tree(process.pid)):
            try:
                os.kill(member, signal.SIGKILL)
            except OSError:
                pass
        process.wait()
    return times


def respawn(count, tasks):
    """kill -9 of a worker until its successor's hello is in the journal, on disk."""
    table = Table("kill -9 of a worker until the next one's hello is in the journal on disk", "ms")
    floor = os.path.join(SCRATCH, "floor")
    subprocess.run(["cc", "-O2", "-o", floor, os.path.join(ANCHORS, "floor.c")], check=True)
    samples, at_once = [], []
    others = {name: [] for name in PEERS}
    for _ in range(count):
        table.noise.append(anchorlib.wait_quiet(5) or 0)
        samples += last_line([BENCH, "respawn", "--workers", "50"])["samples_ms"]
        at_once.append(last_line([BENCH, "respawn", "--workers", "50", "--at-once"]))
        for name, (program, make) in PEERS.items():
            if shutil.which(program):
                others[name] += peer_times(make, floor, KILLS // count + 1)
    p50, p99 = table.row("coord, each of 50 in turn", samples), percentile(samples, 99)
    for name, times in others.items():
        if times:
            table.row(name + ", a C child that is up in under 1 ms", times)
        else:
            table.absent(name, "missing " + PEERS[name][0])
    table.row("coord, 50 killed at once: the last one back", [row["wall_s"] * 1000 for row in at_once])
    table.mark("p50, ms", p50, "< 12", lambda value: value < 12)
    table.mark("p99, ms", p99, "< 60", lambda value: value < 60)
    slow = statistics.median(others["supervisord"]) if others["supervisord"] else None
    table.ratio("supervisord's time ÷ coord's", slow, p50, 80)
    table.mark("50 killed at once, processor seconds", statistics.median(row["cpu_s"] for row in at_once), "< 1",
               lambda value: value < 1)
    table.notes.append("the workers had been well for eleven seconds; those killed at once come back at most twenty in "
                       "any second, by design")
    picture(samples, others)
    return table


def last_line(argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, check=True)
    return json.loads(done.stdout.strip().split("\n")[-1])


def picture(samples, others):
    """The recovery times as a histogram: bench/reports/recovery.svg, drawn from the data of this run."""
    width, height, left, bottom = 720, 280, 60, 46
    most = max(percentile(samples, 100), 1)
    step = next(size for size in (0.5, 1, 2, 5, 10, 20, 50, 100, 1000) if most / size <= 40)
    bars = [0] * (int(most / step) + 1)
    for sample in samples:
        bars[int(sample / step)] += 1
    plot_w, plot_h = width - left - 20, height - bottom - 40
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">'
           % (width, height), '<rect width="100%" height="100%" fill="#fff"/>',
           '<text x="%d" y="22" font-size="14">kill -9 of a worker to its successor\'s hello on disk, %d kills; '
           'p50 %.1f ms, p99 %.1f ms</text>' % (left, len(samples), percentile(samples, 50), percentile(samples, 99))]
    for index, bar in enumerate(bars):
        tall = plot_h * bar / max(bars)
        out.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#6366f1"/>' % (
            left + plot_w * index / len(bars), height - bottom - tall, max(1, plot_w / len(bars) - 1), tall))
    for tick in range(0, len(bars) + 1, max(1, len(bars) // 8)):
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%g</text>' % (
            left + plot_w * tick / len(bars), height - bottom + 16, tick * step))
    out.append('<text x="%d" y="%d">ms</text>' % (width - 30, height - bottom + 16))
    out.append('<text x="%d" y="%.1f" text-anchor="end">%d</text>' % (left - 6, height - bottom - plot_h + 10, max(bars)))
    out.append('<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#333"/>' % (
        left, height - bottom, width - 20, height - bottom))
    said = "; ".join("%s p50 %.0f ms" % (name, statistics.median(times)) for name, times in others.items() if times)
    out.append('<text x="%d" y="%d" fill="#555">%s</text></svg>' % (left, height - 8, said))
    write(os.path.join(ROOT, "bench", "reports", "recovery.svg"), "\n".join(out) + "\n")


# MARK: P8


class LongRun:
    """A run whose tasks do not end, with its own state folder; killed with all it started."""

    def __init__(self, tasks, workers):
        self.project = tempfile.mkdtemp(prefix="long-", dir=SCRATCH)
        self.mission = write(self.project + ".json", json.dumps({
            "id": "long", "agent": "command:true", "limits": {"maxConcurrency": workers},
            "tasks": [{"id": "t%d" % number, "run": "exec sleep 3600", "workspace": "none", "timeoutSeconds": 3700}
                      for number in range(tasks)]}))
        self.workers = workers
        self.environment = {**os.environ, "XDG_STATE_HOME": self.project + ".state"}
        self.run = None

    def start(self, *more):
        argv = [COORD, "run", self.mission, "--project", self.project, "--workers", str(self.workers), "--quiet",
                "--sandbox", "off"]
        self.run = subprocess.Popen(
            argv + list(more), env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            start_new_session=True)

    def ask(self, *words):
        done = subprocess.run([COORD, *words, "--project", self.project, "--json"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, env=self.environment)
        return json.loads(done.stdout) if done.stdout else {}

    def events(self, *words):
        """The facts as they come, from now on."""
        return subprocess.Popen(
            [COORD, "events", "--follow", "--json", "--project", self.project, "--lines", "0", *words],
            stdout=subprocess.PIPE, text=True, env=self.environment)

    def working(self, limit=120):
        """The workers, once each of them has a process and the wanted number has a task."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            workers = self.ask("workers").get("workers", [])
            if sum(worker["status"] == "working" for worker in workers) >= self.workers:
                return workers
            time.sleep(0.2)
        raise RuntimeError("the workers did not come up")

    def pong(self):
        """Seconds until the coordinator answers at its socket."""
        path = self.project + "/.coord/state/run/coordinator.sock"
        request = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
        while True:
            caller = socket.socket(socket.AF_UNIX)
            try:
                caller.connect(path)
                caller.sendall(request)
                if b"pong" in caller.recv(400):
                    return
            except OSError:
                time.sleep(0.001)
            finally:
                caller.close()

    def kill(self):
        self.run.send_signal(signal.SIGKILL)
        self.run.wait()

    def end(self):
        if self.run.poll() is None:
            self.kill()
        shutil.rmtree(self.project, ignore_errors=True)


def restart(count, tasks):
    """kill -9 of a coordinator with a large journal, and another takes the run up."""
    tasks = tasks or 10_000
    table = Table("a coordinator with %s tasks and 64 workers is killed; the next one, from its start" % format(
        tasks, ","), "ms")
    accepting, leased = [], []
    run = LongRun(tasks, 64)
    try:
        run.start()
        run.working()
        for _ in range(5 * count):
            run.kill()
            table.noise.append(anchorlib.wait_quiet(5) or 0)
            begin = time.monotonic()
            run.start("--resume")
            run.pong()
            accepting.append((time.monotonic() - begin) * 1000)
            run.working()
            leased.append((time.monotonic() - begin) * 1000)
    finally:
        run.end()
    p50 = table.row("until it answers at its socket", accepting)
    table.row("until all 64 work again, seen by asking each 200 ms", leased)
    table.mark("p50, ms", p50, "< 150", lambda value: value < 150)
    table.mark("p99, ms", percentile(accepting, 99), "< 1000", lambda value: value < 1000)
    return table


# MARK: Recovery with default settings


def recovery(count, tasks):
    """A worker that hangs, sixty-four that die at once, and one that dies whenever it is up."""
    table = Table("recovery with default settings", "s")
    run = LongRun(64, 64)
    try:
        run.start()
        workers = run.working()
        time.sleep(11)
        hung = []
        for worker in workers[:count]:
            events = run.events("--type", "worker.ready")
            begin = time.monotonic()
            os.kill(worker["pid"], signal.SIGSTOP)
            events.stdout.readline()
            hung.append(time.monotonic() - begin)
            events.kill()
            events.wait()
        table.mark("a stopped worker is replaced, seconds", table.row("SIGSTOP until the next one is ready", hung), "< 16",
                   lambda value: value < 16)
        time.sleep(11)
        events = run.events("--type", "worker.started", "--type", "worker.ready")
        time.sleep(0.5)
        begin = time.monotonic()
        for worker in run.ask("workers")["workers"]:
            os.kill(worker["pid"], signal.SIGKILL)
        starts, ready = [], 0
        while ready < 64:
            fact = json.loads(events.stdout.readline())
            if fact["type"] == "worker.started":
                starts.append(seconds(fact["time"]))
            else:
                ready += 1
        back = time.monotonic() - begin
        events.kill()
        events.wait()
        table.mark("64 killed at once, all back, seconds", table.row("64 killed at once until all are ready", [back]), "< 5",
                   lambda value: value < 5)
        crowd = max(sum(start <= other < start + 1 for other in starts) for start in starts)
        table.mark("most starts within a second", crowd, "≤ 20", lambda value: value <= 20)
    finally:
        run.end()
    crash_loop(table)
    return table


def seconds(stamp):
    """Seconds of the day of an RFC 3339 stamp."""
    hours, minutes, rest = stamp[11:].rstrip("Z").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def crash_loop(table, limit=60):
    """One worker is killed whenever it is ready, for a minute; the other goes on."""
    run = LongRun(2, 2)
    try:
        run.start()
        workers = run.working()
        victim = workers[0]
        events = run.events("--type", "worker.ready")
        before, begin, starts = on_cpu(run.run.pid), time.monotonic(), 1
        os.kill(victim["pid"], signal.SIGKILL)
        os.set_blocking(events.stdout.fileno(), False)
        while time.monotonic() - begin < limit:
            if events.stdout.readline():
                starts += 1
                pid = next(worker["pid"] for worker in run.ask("workers")["workers"] if worker["id"] == victim["id"])
                if pid:
                    os.kill(pid, signal.SIGKILL)
            else:
                time.sleep(0.02)
        share = (on_cpu(run.run.pid) - before) / 1e9 / limit * 100
        events.kill()
        events.wait()
        table.mark("a crash loop, % of one core", share, "< 1", lambda value: value < 1)
        table.mark("starts in a crash loop's first minute", starts, "≤ 6", lambda value: value <= 6)
    finally:
        run.end()


def on_cpu(pid):
    """Nanoseconds on a processor, all threads."""
    total = 0
    for thread in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, thread), encoding="utf-8") as file:
            total += int(file.read().split()[0])
    return total


LINES = {"P7": respawn, "P8": restart, "recovery": recovery}
