"""What people do when a run is over, with deaths in the middle: restoring kept work, forgetting a run, a rehearsal."""
import json
import os

import torture_invariants


def run(trial):
    """Brings each kept work back as a branch of the project, then forgets the run."""
    points = list(trial.deaths)
    hub = trial.project + "/.coord/state/hub.git"
    listed = torture_invariants.git(hub, "for-each-ref", "--format=%(refname) %(objectname)", "refs/coord/rescue")
    for number, line in enumerate(listed.splitlines()):
        reference, commit = line.split()
        branch = f"kept-{number}"
        status, words = retried(trial, ["rescue", "restore", reference, "--branch", branch],
                                points if points and points[0].startswith("rescue-branch") else [])
        if status != 0 and "has a branch" not in words:
            trial.findings.append(f"INV8: {reference} is not restored: exit status {status}: {words[-300:]}")
        # By the project alone: the hub may go.
        status, found = torture_invariants.git(trial.project, "rev-parse", f"refs/heads/{branch}^{{tree}}", check=False)
        if status != 0 or torture_invariants.git(hub, "rev-parse", f"{commit}^{{tree}}") != found.strip():
            trial.findings.append(f"INV8: the branch {branch} does not hold what {reference} kept")
    status, words = torture_invariants.git(trial.project, "fsck", "--no-dangling", "--no-progress", check=False)
    if status != 0:
        trial.findings.append(f"INV8: git fsck after restoring: {words.strip()[:300]}")
    forget(trial, points)


def forget(trial, points):
    """Once it was asked for twice, nothing of the run is left, whenever the first one died."""
    name = torture_invariants.Journal(trial.project + "/.coord/state/state.db").run
    status, words = retried(trial, ["runs", "remove", name],
                            points if points and not points[0].startswith("rescue-branch") else [])
    left = [os.path.relpath(os.path.join(folder, entry), trial.project)
            for folder, folders, files in os.walk(trial.project + "/.coord/state") for entry in folders + files
            if name in entry and "hub.git" not in folder]
    if left:
        trial.findings.append(f"INV8: the run is forgotten and {left} is left: exit status {status}: {words[-200:]}")
    status, words = trial.finish(["runs", "list"])
    if status != 0 or name in words:
        trial.findings.append(f"INV8: the forgotten run is listed, or nothing is: exit status {status}: {words[-300:]}")


def retried(trial, words, points):
    """Runs a command that may die at its points, and once more without."""
    while points:
        status, text = trial.finish(words, points.pop(0))
        if status >= 0:
            return status, text
    return trial.finish(words)


def keep_prices(trial):
    """Takes over two lists of prices, the second one with deaths: the one or the other is kept, whole."""
    os.makedirs(trial.root + "/config", exist_ok=True)
    lists = []
    for number in [1, 2]:
        path = f"{trial.root}/prices-{number}.json"
        with open(path, "w") as file:
            json.dump({f"model-{number}": {"input_cost_per_token": number * 1e-6, "output_cost_per_token": 2e-6,
                                           "litellm_provider": "torture", "mode": "chat"}}, file)
        lists.append(path)
    points = list(trial.deaths)
    for path, deaths in [(lists[0], []), (lists[1], points)]:
        while True:
            status, words = trial.finish(["prices", "update", path], deaths.pop(0) if deaths else None)
            shown, listed = trial.finish(["prices", "list", "--json"])
            names = {name for name in ["model-1", "model-2"] if name in listed}
            if shown != 0 or len(names) != 1:
                trial.findings.append(f"INV8: after an update of prices: exit status {shown}: {listed[-300:]}")
            if status >= 0:
                break
    if status != 0 or names != {"model-2"}:
        trial.findings.append(f"liveness: the update ended with {status} and {names}: {words[-300:]}")


def rehearse(trial):
    """Rehearses a mission twice where rehearsals have a place of coord's own; the first project must be kept."""
    own = trial.root + "/own"
    for folder in ["Sources/CoordModel", "Sources/coord", "missions"]:
        os.makedirs(os.path.join(own, folder))
    with open(own + "/Package.swift", "w") as file:
        file.write("// A stand-in.\n")
    names = ["one", "two"]
    mission = {"id": "torture", "goal": "survive", "agent": "rehearsal", "rehearsal": "play",
               "merge": {"gate": ["true"]}, "tasks": [{"id": name, "prompt": "edit"} for name in names]}
    play = {"parts": {name: {"attempts": [[{"write": name + ".txt", "text": name}]]} for name in names}}
    os.makedirs(trial.root + "/play")
    for path, document in [(trial.mission, mission), (trial.root + "/play/rehearsal.json", play)]:
        with open(path, "w") as file:
            json.dump(document, file)
    place = own + "/worktrees/torture-project"
    heads = []
    for points in [[], list(trial.deaths)]:
        status, words = retried_in(trial, own, points)
        if status != 0:
            trial.findings.append(f"liveness: the rehearsal ended with exit status {status}: {words[-400:]}")
            return
        heads.append(torture_invariants.git(place, "rev-parse", "main"))
    shelves = sorted(name for name in os.listdir(own + "/worktrees") if name.startswith("torture-project."))
    kept = [torture_invariants.git(f"{own}/worktrees/{name}", "rev-parse", "main", check=False)[1].strip()
            for name in shelves]
    if heads[0] not in kept:
        trial.findings.append(f"INV8: the project of the first rehearsal is not kept: {shelves}")
    for folder in [place] + [f"{own}/worktrees/{name}" for name in shelves[:1]]:
        status, words = torture_invariants.git(folder, "fsck", "--no-dangling", "--no-progress", check=False)
        if status != 0:
            trial.findings.append(f"INV8: git fsck of {os.path.basename(folder)}: {words.strip()[:300]}")


def retried_in(trial, folder, points):
    words = ["run", trial.mission]
    while points:
        status, text = trial.finish(words, points.pop(0), folder)
        if status >= 0:
            return status, text
    return trial.finish(words, None, folder)
