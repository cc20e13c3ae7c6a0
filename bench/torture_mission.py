"""What a torture trial works on: a small repository, the tasks and what their agents do, and the gate."""
import json
import os
import shutil
import subprocess
import threading

CANARY = "canary-3141592653589793"

# What the agent of each task does besides its edit stands in AGENT under the task's name.
TASKS = [
    {"id": "plain", "deps": []}, {"id": "slow", "deps": []}, {"id": "commits", "deps": ["plain"]},
    {"id": "fails", "deps": []}, {"id": "daemon", "deps": ["slow"]}, {"id": "noise", "deps": []},
    {"id": "nested", "deps": []}, {"id": "clash-a", "deps": []}, {"id": "clash-b", "deps": []},
    {"id": "red", "deps": ["fails"]}, {"id": "locks", "deps": []},
    {"id": "hands", "deps": []},
]
# What has every durable step of a worktree, a rescue and a landing on its way.
STEPWISE = {"plain", "commits", "fails", "nested"}

# Writes down outside of its worktree what it did: the notes are what coord cannot know.
AGENT = r"""NOTES='%ROOT%/notes'
task=$COORD_TASK
try=$COORD_ATTEMPT
echo "$task $try" >"work-$task.txt"
echo "$task $try" >>"src/$task.txt"
echo "$task $try" >>"$NOTES/edits"
usage="{\"coord\":\"usage\",\"model\":\"m\",\"inputTokens\":10,\"outputTokens\":5,\"costUSD\":0.01,\"id\":\"$task-$try\"}"
echo "$usage"
echo "$usage"
env
: >ignored.o
case $task in
slow) sleep 0.1 ;;
commits) git add -A && git commit -q -m "the agent's own" && echo more >>"work-$task.txt" ;;
fails)
    # A name that is no text.
    : >"$(printf 'odd-\377.o')"
    [ "$try" != 1 ] || exit 3
    ;;
daemon)
    (setsid sh -c "echo \$\$ >'$NOTES/daemon-$try'; exec sleep 60" &) &
    until [ -s "$NOTES/daemon-$try" ]; do sleep 0.01; done
    ;;
noise)
    i=0
    while [ $i -lt 200 ]; do
        echo "{\"coord\":\"progress\",\"text\":\"$i\"} and so on"
        i=$((i + 1))
    done
    printf '{"coord":"pro'
    ;;
nested) mkdir -p inner && git init -q inner && echo x >inner/file ;;
clash-*) echo "$task $try" >>shared.txt ;;
red) if [ "$try" = 1 ]; then echo red >red.txt; else rm -f red.txt; fi ;;
hands)
    # Its session ends when it was written down and committed; the next one goes on.
    if [ "$try" = 1 ]; then
        echo '{"coord":"handoff-wanted","reason":"tired"}'
        exec sleep 60
    fi
    ;;
locks)
    # As a killed git leaves them.
    own=$(git rev-parse --git-dir)
    { : >"$own/index.lock"; : >"$own/HEAD.lock"; : >"$(git rev-parse --git-common-dir)/$(git symbolic-ref HEAD).lock"; } 2>"$NOTES/refused"
    ;;
esac
exit 0
"""
# Whoever hands work in has ended; nothing that it started may live while the gate judges the work.
GATE = r"""if test -f work-daemon.txt; then
    read -r task try <work-daemon.txt
    read -r pid <'%ROOT%/notes/daemon-'"$try" && grep -aqs '%ROOT%/' "/proc/$pid/environ" &&
        echo "process $pid of attempt $try of $task lives though its work was handed in" >>'%ROOT%/notes/left'
fi
test ! -e red.txt && test -f README.md
"""


def with_needs(names):
    """The tasks of these names, and all that they need."""
    wanted, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        waiting += next(task["deps"] for task in TASKS if task["id"] == name)
    return [task for task in TASKS if task["id"] in wanted]


def drawn(chance):
    """A few tasks, and all that they need."""
    return with_needs(chance.sample([task["id"] for task in TASKS], chance.choice([1, 2, 2, 3])))


template_lock = threading.Lock()


def lay_out(trial):
    """Makes the folders, the repository, agent, gate and mission of a trial; answers the mission's path."""
    root = trial.root
    for folder in ["home", "state", "config", "tmp", "notes"]:
        os.makedirs(os.path.join(root, folder))
    with template_lock:
        template = os.path.join(trial.base, "template")
        if not os.path.isdir(template):
            make_template(template)
    if trial.scenario != "new project":
        shutil.copytree(template, trial.project, symlinks=True)
    texts = {"home/.gitconfig": "[user]\n\tname = Ada\n\temail = ada@example.org\n", "notes/edits": "",
             "agent.sh": AGENT, "gate.sh": GATE}
    for name, text in texts.items():
        with open(os.path.join(root, name), "w") as file:
            file.write(text.replace("%ROOT%", root))
    mission = {
        "id": "torture", "goal": "survive", "agent": f"command:/bin/sh {root}/agent.sh",
        "limits": {"maxConcurrency": trial.chance.choice([1, 3, 4]), "maxAttempts": 20},
        "merge": {"gate": [f"/bin/sh {root}/gate.sh"], "style": trial.chance.choice(["merge", "squash"])},
        "tasks": [dict(task, prompt="edit") for task in trial.tasks],
    }
    path = root + "/mission.json"
    with open(path, "w") as file:
        json.dump(mission, file)
    return path


def make_template(path):
    os.makedirs(path)

    def run(*words):
        subprocess.run(["git", "-C", path, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *words],
                       check=True, capture_output=True)

    run("init", "-q", "-b", "main")
    for name in ["README.md", "shared.txt"] + [f"src/{task['id']}.txt" for task in TASKS]:
        os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
        with open(os.path.join(path, name), "w") as file:
            file.write(name + "\n")
    with open(os.path.join(path, ".gitignore"), "w") as file:
        file.write("*.o\n")
    run("add", "-A")
    run("commit", "-q", "-m", "Start")
