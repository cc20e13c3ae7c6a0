"""One trial of the torture bench: a mission, its disturbances, and its resumptions until it is over."""
import os
import random
import shutil
import signal
import subprocess
import time

import torture_errands
import torture_injuries
import torture_invariants
import torture_mission

TIME_LIMIT = 60
# Where a point that an ordinary mission never comes to is on the way: what is done instead or besides.
SCENARIO = {"project-start": "new project", "scratch": "confined", "rehearsal-shelf": "rehearsal",
            "rescue-branch": "errands", "journal-removal": "errands", "run-removal": "errands",
            "hub-tidying": "errands", "price-list": "prices"}
# Which tasks have it on the way, where not every task does.
TASKS = {"handoff-document": {"hands"}}
# Or what is broken before: the damage that its step mends.
DAMAGE = {"hub-settings": "settings", "hub-replacement": "broken hub", "hub-repair": "half-made entry",
          "checkout-repair": "half-moved checkout"}
SOME_DAMAGE = ["half-made entry", "locks", "settings", "broken hub", "alternates"]


def fail_points(build):
    """Every fail point of the built program, by its own word."""
    answer = subprocess.run([os.path.join(build, "coord-bench"), "failpoints"], capture_output=True, text=True,
                            check=True)
    return answer.stdout.split()


class Trial:
    """`first` and `second` name the fail points at which one coordinator and the one after it die; without them
    the seed decides what happens, deaths at one of `points` included."""

    # The planted bug that is switched on, in a build that has them.
    bug = None
    time_limit = TIME_LIMIT
    canary = torture_mission.CANARY

    def __init__(self, base, build, seed, first=None, second=None, points=()):
        self.base, self.build, self.seed = base, build, seed
        self.root = os.path.join(base, f"{seed}")
        self.project = os.path.join(self.root, "project")
        self.chance = random.Random(seed)
        self.by_chance = not first
        self.injuries, self.recoveries, self.log, self.visited, self.findings = [], [], [], [], []
        self.damages, self.scenario, self.full_disk = [], "", None
        if first:
            self.plan(first, second)
        else:
            self.draw(points)
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": self.root + "/home", "LC_ALL": "C",
            "XDG_STATE_HOME": self.root + "/state", "XDG_CONFIG_HOME": self.root + "/config",
            "TMPDIR": self.root + "/tmp", "SECRET_TOKEN": self.canary,
        }
        # The agents write down what they did outside of their worktree.
        if self.scenario == "confined":
            self.flags = ["--sandbox-write", self.root + "/notes", "--sandbox-read", self.root]
        else:
            self.flags, self.environment["COORD_SANDBOX"] = [], "off"

    # -- preparing

    def plan(self, first, second):
        """What has the points on its way."""
        self.deaths = [point for point in [first, second] if point]
        steps = [step_of(point) for point in self.deaths]
        self.scenario = next((SCENARIO[step] for step in steps if step in SCENARIO), "")
        names = set().union(*(TASKS.get(step, set()) for step in steps))
        self.tasks = torture_mission.with_needs(names | torture_mission.STEPWISE)
        for number, step in enumerate(steps):
            if step not in DAMAGE:
                continue
            if number == 0:
                earlier = "checkout-move.before" if step == "checkout-repair" else "journal-append.after:20"
                self.deaths.insert(0, earlier)
            self.damages = [None] * (len(self.deaths) - 2) + [DAMAGE[step]]
            break

    def draw(self, points):
        chance = self.chance
        self.tasks = torture_mission.drawn(chance)
        self.deaths = [f"{chance.choice(points)}:{chance.randrange(1, 4)}"] if points and chance.random() < 0.2 else []
        if self.deaths:
            self.scenario = SCENARIO.get(step_of(self.deaths[0]), "")
        elif chance.random() < 0.15:
            # The disk is full for a while, and then the coordinator is killed.
            self.full_disk = chance.randrange(4, 30)
        self.damages = [chance.choice(SOME_DAMAGE) if chance.random() < 0.25 else None for _ in range(3)]
        if not self.scenario and chance.random() < 0.1:
            self.scenario = chance.choice(["confined", "errands", "new project"])

    def gate_breaker_landed(self, git):
        return "red.txt" in git(self.project, "ls-tree", "--name-only", "main").split()

    # -- running

    def run(self, keep=False):
        begin = time.monotonic()
        shutil.rmtree(self.root, ignore_errors=True)
        self.mission = torture_mission.lay_out(self)
        violations = self.findings
        try:
            if self.scenario == "rehearsal":
                torture_errands.rehearse(self)
            elif self.scenario == "prices":
                torture_errands.keep_prices(self)
            else:
                self.live()
        except Exception as error:  # a trial that breaks is a finding
            violations.append(f"liveness: {error}")
        self.end_everything(violations)
        try:
            if self.scenario not in ("rehearsal", "prices"):
                violations += torture_invariants.check(self)
            if self.scenario == "errands" and not violations:
                torture_errands.run(self)
        except Exception as error:
            violations.append(f"the check itself: {type(error).__name__}: {error}")
        if not violations and not keep:
            shutil.rmtree(self.root, ignore_errors=True)
        return {"seed": self.seed, "points": self.deaths, "injuries": self.injuries, "recoveries": self.recoveries,
                "seconds": time.monotonic() - begin, "violations": violations, "visited": tuple(self.visited)}

    def live(self):
        """Starts the mission and resumes it until it is over; disturbs it on the way."""
        deadline = time.monotonic() + self.time_limit
        points, damages = list(self.deaths), list(self.damages)
        if self.scenario == "errands":
            points = []
        injuries = self.chance.randrange(1, 4) if self.by_chance and not points else 0
        resumes = False
        while True:
            point = points.pop(0) if points else None
            started = time.time()
            full_disk, self.full_disk = self.full_disk, None
            fault = f"journal-append.before:{full_disk}-{full_disk + 1}=ENOSPC" if full_disk else point
            coordinator = self.start(["run", "--resume"] if resumes else ["run", self.mission], fault)
            if full_disk:
                self.kill_when_paused(coordinator)
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
                self.visited.append(point)
                self.injuries.append("fail point")
            if status == -signal.SIGKILL:
                resumes = True
                kind = damages.pop(0) if damages else None
                if kind:
                    torture_injuries.damage(self, kind)
            elif status == 2 and ("no mission has run" in words or self.nothing_yet(words)):
                resumes = False  # killed before the run was recorded: nothing was promised
                if os.path.getsize(self.root + "/notes/edits"):
                    self.findings.append("INV2: an agent had worked for a run that was never recorded")
            elif status in (0, 1) or status == 2 and "no run to resume" in words:
                break  # over; perhaps killed after its end
            else:
                raise RuntimeError(f"exit status {status}: {words[-600:]}")

    def nothing_yet(self, words):
        return self.scenario == "new project" and "there is no folder" in words

    def start(self, words, fault=None, folder=None):
        environment = dict(self.environment)
        if fault:
            environment["COORD_FAILPOINT"] = fault
        if self.bug:
            environment["COORD_PLANTED_BUG"] = self.bug
        if words[0] == "run":
            words = words + self.flags
        if self.scenario == "new project":
            words, folder = words + ["--project", self.project], self.root
        output = open(self.root + "/output", "w+b")
        process = subprocess.Popen([os.path.join(self.build, "coord"), *words, "--no-input"],
                                   cwd=folder or self.project, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=output, start_new_session=True)
        process.output = output
        return process

    def finish(self, words, fault=None, folder=None):
        """Starts coord and waits for it: exit status and words."""
        process = self.start(words, fault, folder)
        try:
            status = process.wait(timeout=self.time_limit)
        except subprocess.TimeoutExpired:
            process.kill()
            raise RuntimeError(f"`coord {words[0]}` is not over after {self.time_limit} s")
        if fault and status == -signal.SIGKILL:
            self.visited.append(fault)
            self.injuries.append("fail point")
        return status, self.words(process)

    def words(self, process):
        process.output.seek(0)
        text = process.output.read().decode(errors="replace")
        process.output.close()
        return text

    # -- disturbing

    def kill_when_paused(self, coordinator):
        """Kills a coordinator while it waits for room on the disk: nothing may have been done that is not recorded."""
        while coordinator.poll() is None:
            with open(self.root + "/output", "rb") as file:
                if b"Paused:" in file.read():
                    time.sleep(self.chance.random() * 0.4)
                    coordinator.kill()
                    self.injuries.append("full disk, then kill coordinator")
                    return
            time.sleep(0.01)

    def disturb(self, coordinator, left):
        """Injures the run at chosen moments until the coordinator is dead; answers how often."""
        done = 0
        while done < left:
            pause = self.chance.choice([0.02, 0.1, 0.2, 0.4]) * self.chance.random() * 2
            try:
                coordinator.wait(timeout=pause)
                return left  # over already
            except subprocess.TimeoutExpired:
                pass
            kinds = torture_injuries.KINDS
            kind = self.chance.choices(list(kinds), list(kinds.values()))[0]
            if torture_injuries.injure(self, kind, coordinator):
                done += 1
                self.injuries.append(kind)
            if kind == "kill coordinator":
                return done
        return done

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


def step_of(point):
    return point.split(".")[0]
