"""How well and how fast skills are chosen: `selection` over the labelled tasks and the pool that comes with coord, `pool`
(P15) over a generated one; `start`: what 500 manifests in a project cost commands that have no use for them."""
import json
import os
import resource
import subprocess
import tempfile

import stage
from stage import BENCH, HERE, Table


def ask(*arguments):
    done = subprocess.run([BENCH, "selection", *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.strip().split("\n")[-1])


def selection(count, tasks):
    """Shares over the labelled tasks. The choice is deterministic, so one pass says it all."""
    answer = ask(os.path.join(HERE, "data", "skill-selection.json"), os.path.dirname(HERE))
    parts = {"tuning": answer["tuning"], "test": answer["test"]}
    total = sum(part["tasks"] for part in parts.values())
    table = Table(f"skills chosen for {total} labelled tasks out of a pool of {answer['pool']}, without a model", "share")
    for name, part in parts.items():
        for key, words in (("recallAt8", "right skills among the chosen, at most 8"), ("recallAt3", "among the first 3"),
                           ("precisionAt1", "the first is right"), ("precision", "chosen ones that are right"),
                           ("tokensSaved", "tokens saved against offering all")):
            table.row(f"{name} part, {part['tasks']} tasks: {words}", [part[key]])
    table.mark("recall of the test part", parts["test"]["recallAt8"], "≥ 0.8", lambda value: value >= 0.8)
    table.notes.append(f"{parts['test']['chosen']:.1f} skills a task, {parts['test']['tokens']:.0f} tokens instead of "
                       f"{answer['tokensOfAll']:,}; a task has 1.2 right ones in the mean, and at least 3 are given")
    return table


def pool(count, tasks):
    """P15: a generated pool read, and a choice out of it."""
    number = tasks or 5000
    table = Table(f"{number:,} generated skill manifests", "ms")
    rows = [ask("--manifests", str(number)) for _ in range(count)]
    load = table.row("read and checked", [row["loadMilliseconds"] for row in rows])
    table.row("indexed", [row["indexMilliseconds"] for row in rows])
    table.row("looked at again, nothing changed", [row["reloadMilliseconds"] for row in rows])
    choice = table.row("one choice, median of 500", [row["selectionMicroseconds"] / 1000 for row in rows])
    table.mark("load, ms", load, "< 100", lambda value: value < 100)
    table.mark("choice, ms", choice, "< 1", lambda value: value < 1)
    return table


def processor_time(command, folder, env):
    """Milliseconds that a command and all it started kept a processor busy."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def start(count, tasks):
    """Commands in a project with manifests of its own and in one without, in turn. Processor time: what else the machine
    does counts little."""
    number, turns = tasks or 500, 20 * count
    table = Table(f"start beside {number} skill manifests, processor time", "ms")
    with tempfile.TemporaryDirectory() as root:
        env = {**os.environ, "HOME": root, "XDG_CONFIG_HOME": root + "/config", "XDG_STATE_HOME": root + "/state"}
        folders = [root + "/none", root + "/many"]
        for folder in folders:
            subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
            with open(folder + "/m.json", "w", encoding="utf-8") as file:
                file.write('{ "id": "m", "tasks": [ { "id": "a", "run": "true" } ] }')
        for place in range(number):
            shelf = f"{folders[1]}/.coord/skills/c{place % 20}"
            os.makedirs(shelf, exist_ok=True)
            with open(f"{shelf}/s{place}.skill.json", "w", encoding="utf-8") as file:
                json.dump({"id": f"s{place}", "description": f"Helps with thing {place}.",
                           "triggerExamples": list("abcde"), "handler": {"command": ["true"]}}, file)
        for words in (["version"], ["plan", "m.json"], ["run", "m.json", "--dry-run"]):
            taken = {folder: [] for folder in folders}
            for turn in range(turns):
                for folder in folders[::1 if turn % 2 else -1]:
                    taken[folder].append(processor_time([stage.COORD, *words], folder, env))
            none, many = (table.row(f"`coord {' '.join(words)}`, {what}", taken[folder])
                          for what, folder in (("no manifests", folders[0]), (f"{number} manifests", folders[1])))
            table.mark(f"`coord {' '.join(words)}`, with manifests ÷ without", many / none, "≤ 1.05",
                       lambda value: value <= 1.05)
    return table


LINES = {"selection": selection, "P15": pool, "start": start}
