"""What must hold after a trial, checked from the journal, git and /proc. The numbers are those of the report."""
import json
import os
import sqlite3
import subprocess

FINAL = {"landed", "completed", "failed", "quarantined", "skipped", "cancelled"}


def check(trial):
    """Every violation found, each a sentence that starts with its invariant."""
    trial.project = os.path.realpath(trial.project)
    journal = Journal(trial.project + "/.coord/state/state.db")
    trial.chain = chain(trial)
    checks = [tasks_exist_once, leases_are_single, work_was_leased, needs_landed_first, commits_match, work_has_landed,
              landings_were_gated, target_moved_as_recorded, usage_adds_up, nothing_outlived_its_attempt, git_is_clean,
              work_is_kept, facts_are_numbered, no_canary, project_is_untouched]
    return [finding for one in checks for finding in one(trial, journal)]


class Journal:
    """The last run of a project, read by other means than coord's own."""

    def __init__(self, path):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            rows = database.execute("SELECT number, run FROM runs ORDER BY number").fetchall()
            self.number, self.run = rows[-1]
            self.integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
            low, high = self.number << 40, (self.number + 1) << 40
            self.facts = [(key - low, time, kind, task, worker, json.loads(data)) for key, time, kind, task, worker, data
                          in database.execute("SELECT id, time, type, task, worker, data FROM facts WHERE id >= ? AND "
                                              "id < ? ORDER BY id", (low, high))]
            self.tasks = database.execute(
                "SELECT tasks.task, task_states.stage, task_states.worker_losses FROM tasks LEFT JOIN task_states "
                "USING (id) WHERE id >= ? AND id < ?", (low, high)).fetchall()
            self.state = database.execute("SELECT status, reserved_micro_dollars, spent_micro_dollars FROM run_states "
                                          "WHERE number = ?", (self.number,)).fetchone()
            self.cost = database.execute("SELECT coalesce(sum(cost_micro_dollars), 0), coalesce(sum(calls), 0) FROM "
                                         "costs WHERE number = ?", (self.number,)).fetchone()

    def of(self, *kinds):
        return [fact for fact in self.facts if fact[2] in kinds]


def is_completed(trial):
    """Whether the last run needs no further coordinator."""
    try:
        return Journal(trial.project + "/.coord/state/state.db").state[0] == "completed"
    except (sqlite3.Error, IndexError, TypeError):
        return False


def git(folder, *words, check=True):
    answer = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=check,
                            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"})
    return answer.stdout.strip() if check else (answer.returncode, answer.stdout + answer.stderr)


def chain(trial):
    """The commits of the target after the first, oldest first: commit, tree, task."""
    log = git(trial.project, "log", "--first-parent", "--reverse",
              "--format=%H %T %(trailers:key=Coord-Task,valueonly,separator=%x2C)", "main")
    return [(line.split(" ") + [""])[:3] for line in log.splitlines()[1:]]


def tasks_exist_once(trial, journal):
    wanted = sorted(task["id"] for task in trial.tasks)
    found = sorted(task for task, _, _ in journal.tasks)
    if found != wanted:
        yield f"INV1: the mission's tasks are {wanted}, the journal has {found}"
    for task, stage, losses in journal.tasks:
        if stage not in FINAL:
            yield f"INV1: task {task} is `{stage}` in a run that is over"
        elif stage not in ("landed", "completed"):
            cause = losses >= 3 or any(lost >= 3 for _, _, lost in journal.tasks)
            if not cause:
                yield f"INV1: task {task} ended as `{stage}` though nothing but kills happened to it"
    if journal.integrity != "ok":
        yield f"INV1: the journal is damaged: {journal.integrity}"


def leases_are_single(trial, journal):
    living, newest = {}, {}
    for sequence, _, kind, task, worker, data in journal.facts:
        attempt = data.get("attempt")
        if kind == "lease.granted":
            if task in living:
                yield f"INV2: attempt {attempt} of {task} was leased (fact {sequence}) while {living[task]} was alive"
            if attempt <= newest.get(task, 0):
                yield f"INV2: attempt {attempt} of {task} follows attempt {newest[task]} (fact {sequence})"
            living[task] = newest[task] = attempt
        elif kind in ("attempt.ended", "task.retryable", "task.failed", "task.completed", "task.landed",
                      "task.ready", "task.quarantined", "work.submitted"):
            if kind == "work.submitted" and attempt != newest.get(task):
                yield f"INV2: attempt {attempt} of {task} was handed in while {newest.get(task)} was the newest"
            living.pop(task, None)


def commits_match(trial, journal):
    landed = {task for task, stage, _ in journal.tasks if stage == "landed"}
    seen = {}
    for commit, _, task in trial.chain:
        seen.setdefault(task, []).append(commit)
    for task in landed | set(seen):
        count, wanted = len(seen.get(task, [])), 1 if task in landed else 0
        if count != wanted:
            yield f"INV3: {count} commits of the target carry task {task or '(none)'}, not {wanted}"


def work_has_landed(trial, journal):
    """The target holds what the landed attempt of each task wrote."""
    attempts = {fact[3]: fact[5]["attempt"] for fact in journal.of("task.landed")}
    for task, attempt in attempts.items():
        status, text = git(trial.project, "show", f"main:work-{task}.txt", check=False)
        if status != 0 or not text.startswith(f"{task} {attempt}"):
            yield f"INV3: {task} landed as attempt {attempt}, but the target does not hold its work"


def edits_of(trial):
    """Task and attempt of each edit that an agent began, as it wrote them down itself."""
    with open(trial.root + "/notes/edits") as file:
        return [(words[0], int(words[1])) for words in (line.split() for line in file) if len(words) == 2]


def work_was_leased(trial, journal):
    """No agent works before its lease is recorded, and none has a lease twice."""
    leased = {(fact[3], fact[5]["attempt"]) for fact in journal.of("lease.granted")}
    edits = edits_of(trial)
    for task, attempt in sorted(set(edits)):
        if (task, attempt) not in leased:
            yield f"INV2: an agent worked on attempt {attempt} of {task}, which was never leased"
        if edits.count((task, attempt)) > 1:
            yield f"INV2: {edits.count((task, attempt))} agents worked on attempt {attempt} of {task}"


def nothing_outlived_its_attempt(trial, journal):
    """What the gate saw living of attempts whose work it judged, and what ran that nobody may run."""
    if os.path.exists(trial.root + "/notes/left"):
        with open(trial.root + "/notes/left") as file:
            yield "INV7: " + (file.read().splitlines() or ["an agent's setting ran a command of its own"])[0]


def needs_landed_first(trial, journal):
    needs = {task["id"]: task["deps"] for task in trial.tasks}
    landed = set()
    for sequence, _, kind, task, _, _ in journal.facts:
        if kind in ("task.landed", "task.completed"):
            landed.add(task)
        for need in needs.get(task, []) if kind == "lease.granted" else []:
            if need not in landed:
                yield f"INV2: {task} was leased (fact {sequence}) before {need} had landed"


def landings_were_gated(trial, journal):
    passed = {fact[5]["tree"] for fact in journal.of("gate.finished") if fact[5].get("outcome") == "passed"}
    for commit, tree, task in trial.chain:
        if tree not in passed:
            yield f"INV4: commit {commit[:10]} of task {task} has a tree that no recorded gate passed"
    if trial.gate_breaker_landed(git):
        yield "INV4: the target holds `red.txt`, which the gate refuses"


def target_moved_as_recorded(trial, journal):
    recorded = [fact[5]["commit"] for fact in journal.of("task.landed")]
    if recorded != [commit for commit, _, _ in trial.chain]:
        yield "INV5: the landings in the journal are not the commits of the target, in their order"
    intents = {fact[5]["commit"] for fact in journal.of("landing.started")}
    for commit in recorded:
        if commit not in intents:
            yield f"INV5: {commit[:10]} landed without a recorded intent"
    moves = git(trial.project, "reflog", "--format=%H", "main").splitlines()
    for move in moves[:-1]:
        if move not in intents:
            yield f"INV5: the target was at {move[:10]}, which no intent names"


def usage_adds_up(trial, journal):
    counted = {}
    for fact in journal.of("usage.recorded"):
        if fact[5].get("counted"):
            counted[fact[5].get("id")] = counted.get(fact[5].get("id"), 0) + 1
    for name, times in counted.items():
        if times > 1:
            yield f"INV6: the usage {name} counts {times} times"
    if journal.cost != (len(counted) * 10_000, len(counted)):
        yield f"INV6: {len(counted)} usages of 10000 were counted, the ledger has {journal.cost}"
    if journal.state[1] != 0:
        yield f"INV6: {journal.state[1]} micro-dollars are still reserved"
    finished = {(fact[3], fact[5]["attempt"]) for fact in journal.of("work.submitted")}
    for task, attempt in finished:
        if f"{task}-{attempt}" not in counted:
            yield f"INV6: attempt {attempt} of {task} was handed in and its usage is not counted"


def git_is_clean(trial, journal):
    hub = trial.project + "/.coord/state/hub.git"
    for top in [trial.project + "/.git", hub, trial.project + "/.coord/state/index"]:
        for folder, _, files in os.walk(top):
            for name in files:
                if name.endswith(".lock"):
                    yield f"INV8: the lock {os.path.relpath(os.path.join(folder, name), trial.root)} was left"
    for name in os.listdir(hub + "/worktrees") if os.path.isdir(hub + "/worktrees") else []:
        for part in ["commondir", "gitdir", "HEAD"]:
            path = f"{hub}/worktrees/{name}/{part}"
            if not name.startswith(".") and (not os.path.exists(path) or os.path.getsize(path) == 0):
                yield f"INV8: the hub's worktree entry {name} has no {part}"
    for folder in [trial.project, hub]:
        status, words = git(folder, "fsck", "--no-dangling", "--no-progress", check=False)
        if status != 0:
            yield f"INV8: git fsck of {os.path.basename(folder)}: {words.strip()[:300]}"


def work_is_kept(trial, journal):
    """What an agent had written when its attempt ended without being handed in is under a rescue reference."""
    hub = trial.project + "/.coord/state/hub.git"
    submitted = {(fact[3], fact[5]["attempt"]): fact[5]["commit"] for fact in journal.of("work.submitted")}
    references = git(hub, "for-each-ref", "--format=%(refname)", "refs/coord/rescue", "refs/heads/coord").splitlines()
    for task, attempt in sorted(set(edits_of(trial))):
        if (task, attempt) in submitted:
            status, _ = git(trial.project, "cat-file", "-e", submitted[task, attempt], check=False)
            if status != 0:
                yield f"INV8: the commit of attempt {attempt} of {task} is gone"
            continue
        mark = f"/{journal.run}/{task}/{attempt}"
        kept = [name for name in references if name.endswith(mark) or f"{mark}." in name]
        text = f"{task} {attempt}"
        if not any(git(hub, "show", f"{name}:work-{task}.txt", check=False)[1].startswith(text)
                             for name in kept):
            yield f"INV8: the unfinished work of attempt {attempt} of {task} is kept nowhere"


def facts_are_numbered(trial, journal):
    numbers = [fact[0] for fact in journal.facts]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "INV9: the facts are not numbered without gap"
    times = [fact[1] for fact in journal.facts]
    if times != sorted(times):
        yield "INV9: time runs backwards in the facts"


def no_canary(trial, journal):
    found = subprocess.run(["grep", "-rlaF", trial.canary, trial.project], capture_output=True, text=True).stdout
    for path in found.splitlines():
        yield f"INV11: the secret stands in {os.path.relpath(path, trial.root)}"


def project_is_untouched(trial, journal):
    names = git(trial.project, "for-each-ref", "--format=%(refname)").split()
    if names != ["refs/heads/main"]:
        yield f"INV8: the project has the references {names}"
    dirty = git(trial.project, "status", "--porcelain", "--untracked-files=no")
    if dirty:
        yield f"INV8: the checkout differs from the target: {dirty[:200]}"
    if len(git(trial.project, "worktree", "list").splitlines()) != 1:
        yield "INV8: the project has a worktree entry of coord's"


def processes_of(root):
    """Living processes that work in the trial's folder or have its mark in their environment."""
    found = []
    mark = root.encode()
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                state = file.read().rsplit(")", 1)[1].split()[0]
            with open(f"/proc/{entry}/environ", "rb") as file:
                environment = file.read()
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                words = file.read().replace(b"\0", b" ").decode(errors="replace")[:80]
            if state != "Z" and (mark + b"/" in environment or os.readlink(f"/proc/{entry}/cwd").startswith(root + "/")):
                found.append((int(entry), words))
        except (OSError, IndexError):
            continue
    return found


def recovery_time(trial, started):
    """Seconds from the start of a resumed coordinator to its first lease, or to its end when it granted none."""
    try:
        journal = Journal(trial.project + "/.coord/state/state.db")
    except (sqlite3.Error, IndexError):
        return None
    times = [fact[1] / 1000 for fact in journal.facts if fact[1] / 1000 >= started - 0.002]
    leases = [fact[1] / 1000 for fact in journal.of("lease.granted") if fact[1] / 1000 >= started]
    first = min(leases) if leases else (max(times) if times else None)
    return first - started if first is not None else None
