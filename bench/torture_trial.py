"""One trial of the torture bench: a mission, its disturbances, and its resumptions until it is over."""
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

import torture_invariants

CANARY = "canary-3141592653589793"
TIME_LIMIT = 60

# What the agent of each task does: besides its edit, in the order of the letters.
TASKS = [
    {"id": "plain", "deps": []}, {"id": "slow", "deps": []}, {"id": "commits", "deps": ["plain"]},
    {"id": "fails", "deps": []}, {"id": "daemon", "deps": ["slow"]}, {"id": "noise", "deps": []},
    {"id": "nested", "deps": []}, {"id": "clash-a", "deps": []}, {"id": "clash-b", "deps": []},
    {"id": "red", "deps": ["fails"]},
]
AGENT = r"""ROOT='%ROOT%'
task=$COORD_TASK
try=$COORD_ATTEMPT
echo "$task $try" >"work-$task.txt"
echo "$task $try" >>"$ROOT/edits"
usage="{\"coord\":\"usage\",\"model\":\"m\",\"inputTokens\":10,\"outputTokens\":5,\"costUSD\":0.01,\"id\":\"$task-$try\"}"
echo "$usage"
echo "$usage"
env
touch "ignored.o"
case $task in
slow) sleep 0.2 ;;
commits) git add -A && git commit -q -m "the agent's own" && echo more >>"work-$task.txt" ;;
fails) [ "$try" != 1 ] || exit 3 ;;
daemon) (setsid sh -c "setsid sleep 60 &" &) ;;
noise)
    i=0
    while [ $i -lt 400 ]; do
        echo "{\"coord\":\"progress\",\"text\":\"$i\"} and so on"
        i=$((i + 1))
    done
    printf '{"coord":"pro'
    ;;
nested) mkdir -p inner && git init -q inner && echo x >inner/file ;;
clash-*) echo "$task $try" >>shared.txt ;;
red) if [ "$try" = 1 ]; then echo red >red.txt; else rm -f red.txt; fi ;;
esac
exit 0
"""
GATE = "test ! -e red.txt && test -f README.md"


def fail_points(build):
    """Every fail point of the built program, by its own word."""
    answer = subprocess.run([os.path.join(build, "coord-bench"), "failpoints"], capture_output=True, text=True,
                            check=True)
    return answer.stdout.split()


class Trial:
    """`first` and `second` name the fail points at which the first coordinator and the one after it die."""

    template_lock = threading.Lock()
    # The planted bug that is switched on, in a build that has them.
    bug = None
    time_limit = TIME_LIMIT
    tasks = TASKS
    canary = CANARY

    def __init__(self, base, build, seed, first=None, second=None):
        self.base, self.build, self.seed = base, build, seed
        self.deaths = [point for point in [first, second] if point]
        self.by_chance = not self.deaths
        self.root = os.path.join(base, f"{seed}")
        self.project = os.path.join(self.root, "project")
        self.chance = random.Random(seed)
        self.injuries, self.recoveries, self.log = [], [], []
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": self.root + "/home", "LC_ALL": "C",
            "XDG_STATE_HOME": self.root + "/state", "XDG_CONFIG_HOME": self.root + "/config",
            "TMPDIR": self.root + "/tmp", "SECRET_TOKEN": CANARY, "COORD_TORTURE": self.root,
            # The agents here write down what they did outside of their worktree.
            "COORD_SANDBOX": "off",
        }

    # -- preparing

    def prepare(self):
        for folder in ["home", "state", "config", "tmp"]:
            os.makedirs(os.path.join(self.root, folder))
        with Trial.template_lock:
            template = os.path.join(self.base, "template")
            if not os.path.isdir(template):
                self.make_template(template)
        shutil.copytree(template, self.project, symlinks=True)
        with open(self.root + "/home/.gitconfig", "w") as file:
            file.write("[user]\n\tname = Ada\n\temail = ada@example.org\n")
        with open(self.root + "/agent.sh", "w") as file:
            file.write(AGENT.replace("%ROOT%", self.root))
        with open(self.root + "/edits", "w"):
            pass
        mission = {
            "id": "torture", "goal": "survive", "agent": f"command:/bin/sh {self.root}/agent.sh",
            "limits": {"maxConcurrency": self.chance.choice([1, 3, 4]), "maxAttempts": 20},
            "merge": {"gate": [GATE], "style": self.chance.choice(["merge", "squash"])},
            "tasks": [dict(task, prompt="edit") for task in TASKS],
        }
        self.mission = self.root + "/mission.json"
        with open(self.mission, "w") as file:
            json.dump(mission, file)

    def make_template(self, path):
        os.makedirs(path)
        run = lambda *words: subprocess.run(["git", "-C", path, "-c", "user.name=Ada", "-c",  # noqa: E731
                                             "user.email=ada@example.org", *words], check=True, capture_output=True)
        run("init", "-q", "-b", "main")
        for name in ["README.md", "shared.txt"] + [f"src/file-{number}.txt" for number in range(20)]:
            os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
            with open(os.path.join(path, name), "w") as file:
                file.write(name + "\n")
        with open(os.path.join(path, ".gitignore"), "w") as file:
            file.write("*.o\n")
        run("add", "-A")
        run("commit", "-q", "-m", "Start")

    def gate_breaker_landed(self, git):
        return "red.txt" in git(self.project, "ls-tree", "--name-only", "main").split()

    # -- running

    def run(self, keep=False):
        begin = time.monotonic()
        shutil.rmtree(self.root, ignore_errors=True)
        self.prepare()
        violations = []
        try:
            self.live()
        except Exception as error:  # a trial that breaks is a finding
            violations.append(f"liveness: {error}")
        self.end_everything(violations)
        try:
            violations += torture_invariants.check(self)
        except Exception as error:
            violations.append(f"the check itself: {type(error).__name__}: {error}")
        if not violations and not keep:
            shutil.rmtree(self.root, ignore_errors=True)
        return {"seed": self.seed, "points": self.deaths, "injuries": self.injuries, "recoveries": self.recoveries,
                "seconds": time.monotonic() - begin, "violations": violations, "visited": self.visited}

    visited = ()

    def live(self):
        """Starts the mission and resumes it until it is over; disturbs it on the way."""
        deadline = time.monotonic() + self.time_limit
        points, injuries = list(self.deaths), self.chance.randrange(1, 5) if self.by_chance else 0
        visited = []
        resumes = False
        while True:
            point = points.pop(0) if points else None
            started = time.time()
            coordinator = self.start(resumes, point)
            if injuries:
                injuries -= self.disturb(coordinator, injuries)
            try:
                coordinator.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise RuntimeError(f"not over after {self.time_limit} s")
            status, words = coordinator.returncode, self.words(coordinator)
            self.log.append((status, words[-400:]))
            if resumes and status != 2:
                self.recoveries.append(torture_invariants.recovery_time(self, started))
            if point and status == -signal.SIGKILL:
                visited.append(point)
                self.injuries.append("fail point")
            if status == -signal.SIGKILL:
                resumes = True
            elif status == 2 and "no mission has run" in words:
                resumes = False  # killed before the run was recorded: nothing was promised
            elif status in (0, 1) or status == 2 and "no run to resume" in words:
                break  # over; perhaps killed after its end
            else:
                raise RuntimeError(f"exit status {status}: {words[-600:]}")
        self.visited = tuple(visited)

    def start(self, resumes, point=None):
        words = ["run", "--resume"] if resumes else ["run", self.mission]
        environment = dict(self.environment)
        if point:
            environment["COORD_FAILPOINT"] = point
        if self.bug:
            environment["COORD_PLANTED_BUG"] = self.bug
        output = open(self.root + "/output", "w+b")
        process = subprocess.Popen([os.path.join(self.build, "coord"), *words, "--no-input"], cwd=self.project,
                                   env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                   start_new_session=True)
        process.output = output
        return process

    def words(self, process):
        process.output.seek(0)
        text = process.output.read().decode(errors="replace")
        process.output.close()
        return text

    # -- disturbing

    def disturb(self, coordinator, left):
        """Injures the run at chosen moments until the coordinator is dead; answers how often."""
        done = 0
        while done < left:
            pause = self.chance.choice([0.02, 0.1, 0.3, 0.6]) * self.chance.random() * 2
            try:
                coordinator.wait(timeout=pause)
                return left  # over already
            except subprocess.TimeoutExpired:
                pass
            kind = self.chance.choices(
                ["kill coordinator", "kill worker", "kill agent", "stop coordinator", "stop worker", "strangers"],
                [10, 4, 3, 2, 3, 2])[0]
            if self.injure(kind, coordinator):
                done += 1
                self.injuries.append(kind)
            if kind == "kill coordinator":
                return done
        return done

    def injure(self, kind, coordinator):
        if kind == "strangers":
            return self.bother()
        if kind.endswith("coordinator"):
            victim = coordinator.pid
        else:
            name = "coord-worker" if kind.endswith("worker") else "sh"
            victims = sorted(pid for pid, comm in descendants(coordinator.pid) if comm == name)
            if not victims:
                return False
            victim = self.chance.choice(victims)
        try:
            if kind.startswith("kill"):
                os.kill(victim, signal.SIGKILL)
            else:
                os.kill(victim, signal.SIGSTOP)
                time.sleep(self.chance.random() * 0.3)
                os.kill(victim, signal.SIGCONT)
        except ProcessLookupError:
            return False
        return True

    def bother(self):
        """Strangers on the control socket: half a line, a flood, nonsense, then gone."""
        path = self.project + "/.coord/state/run/coordinator.sock"
        said = self.chance.choice([b'{"jsonrpc":"2.0","id":1,"meth', b"nonsense\n" * 2000, b"\xff\x00\n", b"x" * 70000])
        try:
            with socket.socket(socket.AF_UNIX) as caller:
                caller.settimeout(1)
                caller.connect(path)
                caller.sendall(said)
        except OSError:
            return False
        return True

    def end_everything(self, violations):
        """Nothing of the trial may still run, two seconds after its end at the latest."""
        limit = time.monotonic() + 2
        while True:
            left = torture_invariants.processes_of(self.root)
            if not left:
                return
            if time.monotonic() > limit:
                violations.append("INV7: still running: " + ", ".join(f"{pid} {words}" for pid, words in left))
                for pid, _ in left:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                return
            time.sleep(0.02)


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
