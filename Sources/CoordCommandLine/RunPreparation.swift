package import CoordCatalog
package import CoordGit
package import CoordModel
package import CoordRuntime
import CoordStore
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A mission that was looked up, read and checked. Nothing has been touched yet.
package struct MissionPreparation: Sendable {
    package let mission: Mission
    package let file: String
    package let shelf: RoleShelf
    private let catalog: Catalog
    package let warnings: [Diagnostic]

    /// Reads the mission an argument names, with every problem told at once: those of files go to
    /// `diagnostics`.
    package init(_ argument: String, _ context: CommandContext) throws(CommandFailure) {
        let catalog = Self.catalog(context)
        do throws(Diagnostic) {
            file = context.path(
                try catalog.missionFile(argument, workingFolder: context.surroundings.workingFolder))
        } catch {
            throw CommandFailure(.wrongInput, error.message, hint: error.hint)
        }
        let reading = MissionFile.read(file, catalog: catalog)
        guard let mission = reading.mission, reading.errors.isEmpty else {
            throw context.diagnostics.refuse(reading.diagnostics)
        }
        self.mission = mission
        let hasGoal = context.arguments.has("goal")
        warnings = reading.warnings.filter { !hasGoal || $0.hint != MissionFile.hintForGoal }
        shelf = catalog.roles()
        self.catalog = catalog
    }

    /// The catalogue as seen from the project that is meant.
    package static func catalog(_ context: CommandContext) -> Catalog {
        let project = context.projectFolder
        let (locations, problems) = CatalogLocations.standard(
            project: project, shipped: ShippedFiles.folder())
        for problem in problems {
            context.diagnostics.warning(problem.message, at: problem.place, hint: problem.hint)
        }
        return Catalog(locations: locations)
    }

    /// The mission with what was typed over it, its slots and agents. A run that is taken up again keeps what
    /// it was started with, but for what is typed anew.
    package func plan(
        _ context: CommandContext, worktrees: String, resuming earlier: RunReading? = nil
    ) throws(CommandFailure) -> RunPlan {
        var overrides = try typed(context)
        let options = try Self.options(context, resuming: earlier)
        overrides.goal = options.goal
        overrides.gate = options.gate
        if let earlier {
            overrides.slots = earlier.record.slots
            overrides.budget = overrides.budget ?? earlier.record.budget
            overrides.target = earlier.record.target
        }
        if mission.tasks.isEmpty, (overrides.goal ?? mission.goal).allSatisfy(\.isWhitespace) {
            throw CommandFailure(
                .wrongInput, "mission `\(mission.id)` has no tasks, and no goal to plan them from",
                hint: "say what shall be reached: `coord run \(mission.id) --goal TEXT`")
        }
        var roles: [RoleID: Role] = [:]
        for entry in shelf.sorted { roles[entry.role.id] = entry.role }
        let gateway = GatewayChoice(context)
        var plan: RunPlan?
        do throws(RuntimeError) { plan = try make(overrides, roles, worktrees) } catch {
            guard case .noAgent = error, gateway.mayHoldKeys else { throw CommandFailure(error) }
        }
        // The gateway is asked for its keys only where one of them may sign a client in.
        let isAutomatic = (overrides.agent ?? mission.agent) == .automatic
        if let plan, !(plan.isSimulated && plan.callsAgents && isAutomatic && gateway.mayHoldKeys) {
            return plan
        }
        overrides.finder = try gateway.finder()
        do throws(RuntimeError) { return try make(overrides, roles, worktrees) } catch {
            throw CommandFailure(error)
        }
    }

    private func make(
        _ overrides: RunPlan.Overrides, _ roles: [RoleID: Role], _ worktrees: String
    ) throws(RuntimeError) -> RunPlan {
        var plan = try RunPlan(
            mission: mission, missionFile: file, roles: roles, commonRules: shelf.common,
            overrides: overrides, worktrees: worktrees)
        plan.catalog = catalog
        return plan
    }

    /// What is typed and kept in no record; of a run that is taken up again, what was typed before counts on.
    static func options(
        _ context: CommandContext, resuming earlier: RunReading?
    ) throws(CommandFailure) -> RunOptions {
        var options = RunOptions(context)
        if let earlier {
            options = options.completed(by: try RunOptions.read(earlier.record.id, in: earlier.state))
        }
        try options.complete(from: context.surroundings.environment("COORD_SANDBOX"))
        return options
    }

    private func typed(_ context: CommandContext) throws(CommandFailure) -> RunPlan.Overrides {
        var overrides = RunPlan.Overrides()
        let arguments = context.arguments
        overrides.workers = arguments.number("workers")
        overrides.budget = arguments.money("budget")
        overrides.model = arguments.value("model")
        overrides.target = arguments.value("target")
        if let wish = arguments.value("agent") {
            guard let agent = AgentChoice(wish) else {
                let known = ["auto", "rehearsal"] + AgentChoice.knownNames
                throw CommandFailure(
                    .wrongInput, "there is no agent `\(wish)`",
                    hint: Suggestion.nearest(to: wish, among: known).map { "did you mean `\($0)`?" }
                        ?? "auto, rehearsal, command:COMMAND, api:PROVIDER/MODEL, or one of "
                        + AgentChoice.knownNames.joined(separator: ", "))
            }
            overrides.agent = agent
        }
        return overrides
    }
}

/// Where what ships with coord lies: in an installation, or in the source tree the program was built in.
package enum ShippedFiles {
    /// The folder with `missions/` and `roles/`; nil when nothing was shipped.
    package static func folder() -> String? {
        if let home = Environment.value("COORD_HOME"), !home.isEmpty { return Files.absolute(home) }
        var folder = Executables.own()
        while folder != "/" {
            folder = Files.parent(folder)
            for candidate in [folder, folder + "/share/coord"]
            where Files.kind(candidate + "/missions/mission.schema.json") == .file {
                return candidate
            }
        }
        return nil
    }
}

extension CommandFailure {
    package init(_ error: RuntimeError) {
        let status: ExitStatus =
            switch error {
            case .locked: .notReachable
            case .noAgent: .needsSignIn
            case .nothingToResume, .git, .noSandbox, .gatewayRefused: .wrongInput
            case .missingWorkerProgram: .internalFault
            case .system, .process, .tooFewDescriptors: .notReachable
            case .store(let error): CommandFailure(error).status
            }
        var hint = error.hint
        if case .git(let error) = error { hint = error.hint }
        if case .store(let error) = error { hint = CommandFailure(error).hint }
        self.init(status, error.description, hint: hint)
    }

    package init(_ error: GitError) { self.init(.wrongInput, error.description, hint: error.hint) }
}

extension Diagnostics {
    /// Prints what is wrong in files, errors last, and makes the failure that sums it up.
    package func refuse(_ diagnostics: [Diagnostic]) -> CommandFailure {
        let errors = diagnostics.filter(\.isError)
        for diagnostic in diagnostics where diagnostic != errors.last { show(diagnostic) }
        guard let last = errors.last else { preconditionFailure("nothing is wrong with the files") }
        return CommandFailure(.wrongInput, last.message, at: last.place, hint: last.hint)
    }

    /// Prints one finding as an error or a warning.
    package func show(_ diagnostic: Diagnostic, excerpt: String? = nil) {
        if diagnostic.isError {
            error(diagnostic.message, at: diagnostic.place, excerpt: excerpt, hint: diagnostic.hint)
        } else {
            warning(diagnostic.message, at: diagnostic.place, excerpt: excerpt, hint: diagnostic.hint)
        }
    }
}

extension Diagnostic {
    /// `file:line:column`, as far as known.
    var place: String { file + (position.map { ":\($0)" } ?? "") }
}
