package import CoordModel
package import CoordRuntime

/// What `coord run` was asked for: high arguments, checked one by one and not yet against the world.
package struct RunOptions: Sendable, Equatable {
    /// A path or an id. Nil is allowed with `--resume`: the last run's mission.
    package var mission: String?
    package var project: String?
    package var worktrees: String?
    package var overrides = RunPlan.Overrides()
    package var resumes = false
    package var isDryRun = false
    package var json = false

    package init() {}
}
