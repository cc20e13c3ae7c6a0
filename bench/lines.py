"""The lines of the bench: for each, coord's cases, the peers' cases, and what is asked for."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import anchorlib
import graphgen
from stage import ANCHORS, BENCH, COORD, HERE, NODE, Table, has_module, missing, passes

SCRATCH = tempfile.mkdtemp(prefix="coord-bench-")


def anchor(name):
    return os.path.join(ANCHORS, name)


def floor():
    """The anchors' C program, built once."""
    path = os.path.join(SCRATCH, "floor")
    if not os.path.exists(path):
        subprocess.run(["cc", "-O2", "-o", path, anchor("floor.c")], check=True)
    return path


def peers(table, cases):
    """Keeps the cases whose programs are here, and says of the others what is missing."""
    kept = {}
    for name, (needs, case) in cases.items():
        gone = next((need for need in needs if not (
            has_module(need[7:]) if need.startswith("python:") else shutil.which(need))), None)
        if gone:
            table.absent(name, "missing " + gone.replace("python:", "the Python module ") + " (bench/setup)")
        else:
            kept[name] = case
    return kept


def hot_rate(count):
    return lambda row: count / (row.get("hot_s") or row["wall"])


# MARK: P1


def schedule(count, tasks):
    """Pure scheduling: a graph of N tasks added, ordered, leased and completed in the core."""
    table = Table("graph of N tasks, three needs each: added, ordered, leased, completed", "µs per task")
    sizes = [1000, 10_000, 100_000, tasks or 1_000_000]
    graph = os.path.join(SCRATCH, "layers10000")
    graphgen.write(graphgen.graph("layers", 10_000), graph)
    file = os.path.join(graph, "graph.ndjson")
    order = ("import json,sys,graphlib,time;r=[json.loads(x) for x in open(sys.argv[1])];t=time.perf_counter();"
             "n=sum(1 for _ in graphlib.TopologicalSorter({x['id']:x['deps'] for x in r}).static_order());"
             "s=time.perf_counter()-t;print(json.dumps({'hot_s':s}))")
    cases = {"coord, %s tasks" % format(size, ","): [BENCH, "schedule", str(size)] for size in sizes}
    cases["coord, the whole machine, 10,000 tasks"] = [BENCH, "schedule", "10000", "--machine"]
    cases["Python graphlib, 10,000, ordering only"] = [anchorlib.py(), "-c", order, file]
    rows = passes("schedule", cases, count)
    per_task = {}
    for name in cases:
        size = next((s for s in reversed(sizes) if format(s, ",") in name), 10_000)
        per_task[name] = table.measured(name, rows[name], lambda row: row["hot_s"] / size * 1e6)
    largest = "coord, %s tasks" % format(sizes[-1], ",")
    ten = per_task["coord, 10,000 tasks"]
    table.mark("%s tasks, seconds" % format(sizes[-1], ","), per_task[largest] * sizes[-1] / 1e6, "< 2", lambda s: s < 2)
    table.mark("cost of a task at the most ÷ at 10,000", per_task[largest] / ten, "≤ 1.5", lambda r: r <= 1.5)
    peak = anchorlib.peak_rss([BENCH, "schedule", str(sizes[-1])], every=0.01)["root_kib"] / 1024
    table.mark("memory at the most, MiB", peak, "< 1024", lambda m: m < 1024)
    table.notes.append("seed 004's own queue is not on this machine; its 13.8 s for 10,000 tasks (PERFORMANCE.md) would "
                       "be %s × coord's, a figure from another run" % format(round(13.8 / (ten * 10_000 / 1e6)), ","))
    return table


# MARK: P2, P3, P4


DASK_TASKS_MAX = 2000


def pools(table, tasks):
    return peers(table, {
        "Node fork pool, 1 in flight": ([NODE], [NODE, anchor("pool_node.js"), "fork", str(tasks), "4", "1"]),
        "Node fork pool, 16 in flight": ([NODE], [NODE, anchor("pool_node.js"), "fork", str(tasks), "4", "16"]),
        # Its rate does not depend on the number, and ten thousand take it half a minute.
        "Dask LocalCluster": (
            ["python:dask.distributed"], [anchorlib.py(), anchor("pool_dask.py"), str(min(tasks, DASK_TASKS_MAX))]),
    })


def xargs(tasks):
    words = os.path.join(SCRATCH, "list%d.txt" % tasks)
    with open(words, "w") as file:
        file.writelines("%d\n" % number for number in range(tasks))
    return ["sh", "-c", "xargs -P4 -n1 /bin/true < " + words]


def race(table, coord, others, tasks, count):
    """coord's case and the others in turn; answers the median rates."""
    cases = {"coord": [BENCH, "dispatch", "--tasks", str(tasks), "--workers", "4"] + coord, **others}
    rows = passes("dispatch", cases, count)
    numbers = {"Dask LocalCluster": min(tasks, DASK_TASKS_MAX)}
    return {name: table.measured(name, rows[name], hot_rate(numbers.get(name, tasks))) for name in cases}


def dispatch(count, tasks):
    """No-op tasks over four persistent workers; the journal lies in memory."""
    tasks = tasks or 10_000
    table = Table("%s no-op tasks over 4 persistent workers, journal in memory" % format(tasks, ","), "tasks/s")
    rate = race(table, [], pools(table, tasks), tasks, count)
    table.ratio("Node fork pool, 1 in flight", rate["coord"], rate.get("Node fork pool, 1 in flight"), 2)
    table.ratio("Node fork pool, 16 in flight", rate["coord"], rate.get("Node fork pool, 16 in flight"), 2)
    table.ratio("Dask", rate["coord"], rate.get("Dask LocalCluster"), 50)
    table.notes.append("coord works on one task per worker and leases up to 32 commands ahead behind it")
    return table


def durable(count, tasks):
    """The same with the journal on disk: WAL, synchronous=FULL, one commit a turn of the loop."""
    tasks = tasks or 10_000
    table = Table("%s no-op tasks over 4 workers, each decision on disk first" % format(tasks, ","), "tasks/s")
    others = pools(table, tasks)
    others.update(peers(table, {"xargs -P4 -n1 /bin/true": (["xargs"], xargs(tasks))}))
    rate = race(table, ["--durable"], others, tasks, count)
    table.ratio("Node fork pool in memory, 1 in flight", rate["coord"], rate.get("Node fork pool, 1 in flight"), 0.5)
    table.ratio("Node fork pool in memory, 16 in flight", rate["coord"], rate.get("Node fork pool, 16 in flight"), 0.5)
    table.ratio("Dask", rate["coord"], rate.get("Dask LocalCluster"), 20)
    table.ratio("xargs", rate["coord"], rate.get("xargs -P4 -n1 /bin/true"), 10)
    return table


def processes(count, tasks):
    """`run` tasks, each a process of its own; no git."""
    tasks = tasks or 2000
    table = Table("%s tasks that are a process each, 4 at once, no git" % format(tasks, ","), "tasks/s")
    others = peers(table, {
        "xargs -P4 -n1 /bin/true": (["xargs"], xargs(tasks)),
        "floor: C posix_spawn": (["cc"], None),
    })
    if "floor: C posix_spawn" in others:
        others["floor: C posix_spawn"] = [floor(), "spawn", str(tasks), "4"]
    rate = race(table, ["--commands"], others, tasks, count)
    table.ratio("xargs", rate["coord"], rate.get("xargs -P4 -n1 /bin/true"), 0.9)
    table.notes.append("coord runs a task's command in a session of its own (a plain one without a shell), with an "
                       "environment of its own and a transcript, and looks for what it left behind; xargs starts /bin/true and nothing else")
    return table


# MARK: P5


def landing(count, tasks):
    """The whole life of a task: worktree, change, commit, candidate, gate, landing."""
    tasks = tasks or 100
    table = Table("%d tasks landed on a repository of 400 files: reset, change, commit, candidate, trivial gate, land"
                  % tasks, "tasks/s")
    source = os.path.join(SCRATCH, "files400")
    if not os.path.exists(source):
        subprocess.run([sys.executable, anchor("gitgen.py"), "400", source], check=True, stdout=subprocess.DEVNULL)
    mission = os.path.join(SCRATCH, "landing%d.json" % tasks)
    with open(mission, "w") as file:
        json.dump({
            "id": "landing", "limits": {"maxConcurrency": 4}, "merge": {"target": "main", "gate": ["true"]},
            "tasks": [{"id": "t%d" % n, "run": "echo %d > new-%d.txt" % (n, n)} for n in range(tasks)],
        }, file)
    rates = {"coord, 4 workers": [], "the same git commands by a shell, in sequence": [],
             "coord, 4 workers, task and gate in the sandbox": []}
    for _ in range(count):
        for name, times in rates.items():
            project = tempfile.mkdtemp(prefix="project-", dir=SCRATCH)
            subprocess.run(["git", "clone", "-q", "--no-hardlinks", source, project], check=True)
            anchorlib.wait_quiet(5)
            if name.startswith("coord"):
                sandbox = "auto" if "sandbox" in name else "off"
                argv = [COORD, "run", mission, "--project", project, "--workers", "4", "--sandbox", sandbox]
            else:
                argv = ["sh", os.path.join(HERE, "git-in-sequence"), project, str(tasks)]
            begin = time.monotonic()
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            seconds = time.monotonic() - begin
            there = subprocess.run(["git", "-C", project, "ls-tree", "--name-only", "main"], stdout=subprocess.PIPE,
                                   text=True).stdout.split("\n")
            landed = sum(line.startswith("new-") for line in there)
            if done.returncode == 0 and landed == tasks:
                times.append(tasks / seconds)
            else:
                print("%s: status %d, %d landed\n%s" % (
                    name, done.returncode, landed, done.stdout.decode(errors="replace")[-2000:]), file=sys.stderr)
            shutil.rmtree(project, ignore_errors=True)
    coord, shell, _ = (table.row(name, times) for name, times in rates.items())
    table.mark("landed tasks a second, start and end of the run included", coord, "≥ 25", lambda rate: rate >= 25)
    table.mark("time of a task, coord ÷ shell", shell / coord if coord and shell else None, "≤ 2", lambda r: r <= 2)
    table.notes.append("the shell does what bench/git-in-sequence says: one worktree for the change, one for the gate")
    return table


# MARK: P6


def ipc(count, tasks):
    """Messages of 200 bytes between two processes: one way, and there and back."""
    messages = tasks or 200_000
    table = Table("messages of 200 bytes: %s one way, then round trips" % format(messages, ","), "messages/s")
    cases = {"coord": [BENCH, "ipc", "--messages", str(messages)]}
    cases.update(peers(table, {
        "Node fork, child to parent": ([NODE], [NODE, anchor("ipc_node.js"), "up", str(messages)]),
        "Node fork, round trips": ([NODE], [NODE, anchor("ipc_node.js"), "ping", "50000"]),
        "floor: C round trips": (["cc"], None),
    }))
    if "floor: C round trips" in cases:
        cases["floor: C round trips"] = [floor(), "ping", "200", "100000"]
    rows = passes("ipc", cases, count)
    coord = table.measured("coord, one way", rows["coord"], lambda row: row["msgs_per_s"])
    node = None
    if "Node fork, child to parent" in rows:
        node = table.measured("Node fork, one way", rows["Node fork, child to parent"], lambda row: row["msgs_per_s"])
    trips = {}
    for name, source in (("coord", "coord"), ("Node fork", "Node fork, round trips"), ("C", "floor: C round trips")):
        for key in ("p50_us", "p99_us"):
            if rows.get(source):
                label = "%s, round trip %s, µs" % (name, key[:3])
                trips[name, key] = table.row(label, [row.get(key) for row in rows[source]])
    table.ratio("one way", coord, node, 2)
    for key, most in (("p50_us", 1), ("p99_us", 0.5)):
        mine, theirs = trips.get(("coord", key)), trips.get(("Node fork", key))
        table.mark("round trip %s, coord ÷ Node" % key[:3], mine / theirs if mine and theirs else None,
                   "≤ %s" % most, lambda ratio: ratio <= most)
    return table


# MARK: P9


def stat(pid):
    """The fields of a process's status line, after its name."""
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rsplit(")", 1)[1].split()


def on_cpu(pid):
    """Nanoseconds on a processor, all threads."""
    total = 0
    for thread in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, thread)) as file:
            total += int(file.read().split()[0])
    return total


def idle(count, tasks):
    """Fifty workers that have nothing to do but beat."""
    seconds = tasks or 20
    table = Table("50 idle workers, a heartbeat each 2 s, watched for %d s" % seconds, "% of one core")
    if not os.path.exists("/proc/self/schedstat"):
        table.absent("coord", "needs Linux's /proc")
        return table
    project = tempfile.mkdtemp(prefix="idle-", dir=SCRATCH)
    mission = os.path.join(SCRATCH, "idle.json")
    with open(mission, "w") as file:
        json.dump({
            "id": "idle", "team": [{"id": "hand", "role": "backend-dev", "count": 50}], "agent": "command:true",
            "limits": {"maxConcurrency": 50},
            "tasks": [{"id": "wait", "run": "exec sleep 3600", "workspace": "none", "timeoutSeconds": 3700}],
        }, file)
    run = subprocess.Popen([COORD, "run", mission, "--project", project, "--workers", "50"], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        workers = []
        while len(workers) < 50 and time.monotonic() < deadline and run.poll() is None:
            time.sleep(0.2)
            workers = [pid for pid in anchorlib.tree(run.pid)[1:] if stat(pid)[1] == str(run.pid)]
        if len(workers) < 50:
            table.absent("coord", "only %d workers came up" % len(workers))
            return table
        time.sleep(3)
        shares, reaped = [], 0
        for _ in range(count):
            begin, cpu, faults = time.monotonic(), on_cpu(run.pid), int(stat(run.pid)[8])
            time.sleep(seconds / count)
            shares.append((on_cpu(run.pid) - cpu) / 1e7 / (time.monotonic() - begin))
            # Page faults of children that were waited for: no child can live without one.
            reaped += int(stat(run.pid)[8]) != faults
        coord = table.row("coord, the coordinator", shares)
        own = anchorlib.pss_kib(run.pid) / 1024
        resident = anchorlib.rss_kib(run.pid) / 1024
        each = sorted(anchorlib.pss_kib(pid) / 1024 for pid in workers)
        table.mark("coordinator, % of one core", coord, "< 0.5", lambda share: share < 0.5)
        table.mark("coordinator, resident MiB", resident, "< 40", lambda mib: mib < 40)
        table.mark("a worker, PSS MiB (median of 50)", each[25], "< 3", lambda mib: mib < 3)
        table.mark("of %d stretches, those in which a process was started and ended" % count, reaped, "0",
                   lambda number: number == 0)
        table.notes.append("the coordinator's PSS is %.1f MiB; the 50 workers' together %.0f MiB" % (own, sum(each)))
    finally:
        # The first word drains, which would wait for the long task; the second stops.
        for _ in range(2):
            run.terminate()
            time.sleep(0.5)
        try:
            run.wait(20)
        except subprocess.TimeoutExpired:
            run.kill()
    idle_peer(table, count, seconds)
    return table


def idle_peer(table, count, seconds):
    """The same by hand in Node: fifty children that beat, and a parent that reads."""
    if missing(NODE, "cc"):
        return table.absent("Node by hand", "missing " + missing(NODE, "cc"))
    path = os.path.join(SCRATCH, "ready.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
        ready.bind(path)
        node = subprocess.Popen([NODE, anchor("sup_node.js"), "50", floor(), "child", "idle", "2000"],
                                env={**os.environ, "READY_SOCK": path}, stdin=subprocess.DEVNULL)
        try:
            ready.settimeout(30)
            for _ in range(50):
                ready.recv(200)
            time.sleep(3)
            shares = []
            for _ in range(count):
                begin, cpu = time.monotonic(), on_cpu(node.pid)
                time.sleep(seconds / count)
                shares.append((on_cpu(node.pid) - cpu) / 1e7 / (time.monotonic() - begin))
            table.row("Node by hand, the parent", shares)
            table.notes.append("Node's parent is resident with %.0f MiB" % (anchorlib.rss_kib(node.pid) / 1024))
        finally:
            children = anchorlib.tree(node.pid)[1:]
            node.kill()
            node.wait()
            for pid in children:
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    pass
    os.unlink(path)


# MARK: P14


def cold(count, tasks):
    """Reading commands, each a new process, beside a journal of 10,000 tasks."""
    tasks = tasks or 10_000
    table = Table("reading commands, each a new process, with a journal of %s tasks" % format(tasks, ","), "ms")
    project = tempfile.mkdtemp(prefix="cold-", dir=SCRATCH)
    mission = os.path.join(SCRATCH, "cold%d.json" % tasks)
    with open(mission, "w") as file:
        json.dump({"id": "cold", "tasks": [{"id": "t%d" % n, "run": "true", "workspace": "none"} for n in range(tasks)]},
                  file)
    done = subprocess.run([COORD, "run", mission, "--project", project, "--workers", "4", "-q"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode:
        table.absent("coord", "the run that fills the journal ended with status %d" % done.returncode)
        print(done.stderr.decode(errors="replace")[-2000:], file=sys.stderr)
        return table
    at = (lambda *words: ([COORD, *words, "--project", project], {}, None))
    cases = {
        "coord --help": [COORD, "--help"],
        "coord status": at("status"), "coord status --json": at("status", "--json"),
        "coord cost --json": at("cost", "--json"), "coord tasks": at("tasks"), "coord tasks --json": at("tasks", "--json"),
    }
    cases.update(peers(table, {
        "git --version": (["git"], ["git", "--version"]),
        "node -e 0": ([NODE], [NODE, "-e", "0"]),
        "python3 -c 0": (["python3"], ["python3", "-c", "0"]),
        "/bin/true": (["true"], ["/bin/true"]),
    }))
    rows = passes("cold", cases, max(count, 5))
    medians = {name: table.measured(name, rows[name], lambda row: row["wall"] * 1000) for name in cases}
    for name in cases:
        if name.startswith("coord"):
            most = 10 if name.endswith("--help") else 30
            table.mark(name + ", ms", medians[name], "< %d" % most, lambda ms: ms < most)
    shutil.rmtree(project, ignore_errors=True)
    return table


# MARK: P13


def overlap(count, tasks):
    """What the overlap radar costs: 16 worktrees of 5,000 files that all touch one file and nine in all."""
    table = Table("overlap radar: 16 live worktrees of 5,000 files, every pair united", "ms of processor time")
    rows = passes("overlap", {"coord": [BENCH, "overlap", "--passes", "3"]}, count)["coord"]
    names = (("full_cpu_ms", "a full pairwise pass", 500), ("incremental_cpu_ms", "one changed, two silent read", 50),
             ("still_cpu_ms", "nothing changed", None))
    for key, label, most in names:
        value = table.measured(label, rows, lambda row, key=key: row[key])
        if most:
            table.mark(label + ", ms", value, "< %d" % most, lambda ms, most=most: ms < most)
    return table


LINES = {
    "P13": overlap,
    "P1": schedule, "P2": dispatch, "P3": durable, "P4": processes, "P5": landing, "P6": ipc, "P9": idle, "P14": cold,
}
