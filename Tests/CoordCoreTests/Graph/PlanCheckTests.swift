import CoordCore
import CoordModel
import Testing

@Suite("The check of a plan")
struct PlanCheckTests {
    private static func task(_ id: TaskID, role: RoleID? = nil, needs: TaskID...) -> TaskSpec {
        TaskSpec(id: id, prompt: "Do it", role: role, dependencies: needs)
    }

    private func problems(_ plan: [TaskSpec], most: Int = 200) -> [String] {
        PlanCheck.problems(plan, roles: ["ui-dev", "backend-dev"], taken: ["plan"], tasksMax: most)
    }

    @Test("tasks may name each other in any order")
    func good() {
        let plan = [
            Self.task("c", needs: "a", "b"), Self.task("b", role: "ui-dev", needs: "a"),
            Self.task("a", role: "backend-dev"),
        ]
        #expect(problems(plan) == [])
    }

    @Test(
        "a bad plan is told why",
        arguments: [
            ([], ["it has no task"]),
            ([task("a"), task("a")], ["two tasks are called `a`"]),
            ([task("plan")], ["the run has a task `plan` already"]),
            ([task("No name!")], ["`No name!` is no valid name for a task"]),
            ([TaskSpec(id: "a", prompt: " \n")], ["task `a` has no prompt"]),
            (
                [TaskSpec(id: "a", prompt: "p", run: "rm -rf .")],
                ["task `a` is a shell command; a plan is for agents"]
            ),
            ([task("a", needs: "a")], ["task `a` needs itself"]),
            (
                [task("api"), task("page", needs: "apu")],
                ["task `page` needs `apu`, which is not in the plan; did you mean `api`?"]
            ),
            (
                [task("a", role: "ui-dve"), task("b", role: "chef")],
                [
                    "task `a` is for the role `ui-dve`, which is not on the team; did you mean `ui-dev`?",
                    "task `b` is for the role `chef`, which is not on the team; "
                        + "there is `backend-dev`, `ui-dev`",
                ]
            ),
            (
                [task("a", needs: "c"), task("b", needs: "a"), task("c", needs: "b"), task("d")],
                ["its tasks wait for each other in a circle: `a` → `c` → `b` → `a`"]
            ),
        ] as [([TaskSpec], [String])])
    func bad(plan: [TaskSpec], reasons: [String]) {
        #expect(problems(plan) == reasons)
    }

    @Test("a plan has a limit, and a long chain is no circle")
    func large() {
        let chain = (0..<20_000).map { number in
            TaskSpec(
                id: TaskID("t\(number)"), prompt: "p",
                dependencies: number == 0 ? [] : [TaskID("t\(number - 1)")])
        }
        #expect(problems(chain, most: 20_000) == [])
        #expect(problems(chain) == ["it has more than 200 tasks"])
    }

    @Test("without known roles every role passes")
    func noTeam() {
        let plan = [Self.task("a", role: "chef")]
        #expect(PlanCheck.problems(plan, roles: [], taken: [], tasksMax: 9) == [])
    }
}
