"""How well and how fast skills are chosen: `selection` over the labelled tasks and the pool that comes with coord, `pool`
(P15) over a generated one."""
import json
import os
import subprocess

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


LINES = {"selection": selection, "P15": pool}
