"""How a torture trial is injured: signals, strangers, a full disk, and the damage that killed git processes leave."""
import os
import signal
import socket
import subprocess
import time

import torture_invariants

KINDS = {"kill coordinator": 10, "kill worker": 4, "kill agent": 3, "stop coordinator": 2, "stop worker": 3,
         "strangers": 2}


def injure(trial, kind, coordinator):
    """Answers whether there was something to injure."""
    if kind == "strangers":
        return bother(trial)
    if kind.endswith("coordinator"):
        victim = coordinator.pid
    else:
        name = "coord-worker" if kind.endswith("worker") else "sh"
        victims = sorted(pid for pid, comm in descendants(coordinator.pid) if comm == name)
        if not victims:
            return False
        victim = trial.chance.choice(victims)
    try:
        if kind.startswith("kill"):
            os.kill(victim, signal.SIGKILL)
        else:
            os.kill(victim, signal.SIGSTOP)
            time.sleep(trial.chance.random() * 0.2)
            os.kill(victim, signal.SIGCONT)
    except ProcessLookupError:
        return False
    return True


def bother(trial):
    """Strangers on the control socket: half a line, a flood, nonsense, then gone."""
    path = trial.project + "/.coord/state/run/coordinator.sock"
    said = trial.chance.choice([b'{"jsonrpc":"2.0","id":1,"meth', b"nonsense\n" * 2000, b"\xff\x00\n", b"x" * 70000])
    try:
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(1)
            caller.connect(path)
            caller.sendall(said)
    except OSError:
        return False
    return True


def descendants(root):
    """Processes below one, with their names."""
    children, names = {}, {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                text = file.read()
        except OSError:
            continue
        name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
        names[int(entry)] = name
        children.setdefault(int(rest[1]), []).append(int(entry))
    found, waiting = [], [root]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found.append((child, names[child]))
            waiting.append(child)
    return found


# -- damage, while no coordinator lives

def old(path, text=""):
    """A file that was written before any living process began."""
    with open(path, "w") as file:
        file.write(text)
    os.utime(path, (time.time() - 60, time.time() - 60))


def leave_half_made_entry(trial, hub):
    """What a killed `git worktree add` leaves: an entry that makes every command in the repository fail."""
    os.makedirs(hub + "/worktrees/half", exist_ok=True)
    for name in ["commondir", "gitdir"]:
        old(f"{hub}/worktrees/half/{name}")


def leave_locks(trial, hub):
    for name in ["packed-refs.lock", "config.lock", "refs/heads/main.lock"]:
        os.makedirs(os.path.dirname(f"{hub}/{name}"), exist_ok=True)
        old(f"{hub}/{name}")


def change_settings(trial, hub):
    """An agent that can write the hub has the next git run something."""
    with open(hub + "/config", "a") as file:
        file.write(f"[core]\n\thooksPath = {hub}/hooks\n\tfsmonitor = touch {trial.root}/notes/left\n")
    os.makedirs(hub + "/hooks", exist_ok=True)


def break_hub(trial, hub):
    """The file without which git takes the hub for no repository."""
    if os.path.exists(hub + "/HEAD"):
        os.remove(hub + "/HEAD")


def lose_alternates(trial, hub):
    if os.path.exists(hub + "/objects/info/alternates"):
        os.remove(hub + "/objects/info/alternates")


def move_half(trial, hub):
    """A git that was killed while it wrote a checkout's files: some are new, the index is not."""
    try:
        with open(trial.project + "/.coord/state/landing") as file:
            _, _, before, commit = file.read().split("\0")[:4]
    except (OSError, ValueError):
        return
    git = ["git", "-C", trial.project]
    changed = subprocess.run(git + ["diff-tree", "-r", "--name-only", before, commit], capture_output=True, text=True)
    # The first that was there before, and whatever stands before it.
    for name in changed.stdout.splitlines():
        was_there = os.path.exists(os.path.join(trial.project, name))
        text = subprocess.run(git + ["show", f"{commit}:{name}"], capture_output=True).stdout
        os.makedirs(os.path.dirname(os.path.join(trial.project, name)), exist_ok=True)
        with open(os.path.join(trial.project, name), "wb") as file:
            file.write(text)
        if was_there:
            return


DAMAGES = {"half-made entry": leave_half_made_entry, "locks": leave_locks, "settings": change_settings,
           "broken hub": break_hub, "alternates": lose_alternates, "half-moved checkout": move_half}


def damage(trial, kind):
    """Breaks what the next coordinator has to mend; nothing when there will be none because the run is over."""
    hub = trial.project + "/.coord/state/hub.git"
    if os.path.isdir(hub) and not torture_invariants.is_completed(trial):
        DAMAGES[kind](trial, hub)
        trial.injuries.append("damage: " + kind)
