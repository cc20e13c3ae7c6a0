import CoordCatalog
import CoordCore
import CoordModel
import CoordRuntime
import Testing

@Suite("A mission made ready to run")
struct RunPlanTests {
    @Test("an attempt that waits for the ranking of its skills has its own time all the same")
    func slackForRanking() throws {
        var mission = Mission(id: "m")
        mission.tasks = [TaskSpec(id: "a", run: "true")]
        var plan = try RunPlan(
            mission: mission, missionFile: "/p/m.json", roles: [:], commonRules: "",
            overrides: RunPlan.Overrides(), worktrees: "/p/worktrees")
        func slack() -> Duration { plan.settings(seed: 1, project: "/p", gateFiles: []).timeoutSlack }
        let usual = slack()
        plan.skillRanking = ProjectSettings.Ranking(provider: "x", model: "y", limit: .seconds(90))
        #expect(slack() == usual + .seconds(90))
    }
}
