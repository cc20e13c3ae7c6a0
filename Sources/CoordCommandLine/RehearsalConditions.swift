import CoordModel
import CoordRuntime
import CoordSystem

/// Whether a rehearsal can be played here. Said before anything is made.
enum RehearsalConditions {
    /// Refuses when a program is missing, or when the play brings a project of its own and there is one.
    static func check(_ plan: RunPlan, folder: String, _ context: CommandContext) throws(CommandFailure) {
        let mission = plan.mission
        guard mission.rehearsal != nil, plan.slots.contains(where: { $0.agent == .rehearsal }) else { return }
        let path = context.surroundings.environment("PATH")
        let missing = mission.rehearsalTerms.tools.filter { Executables.find($0, path: path) == nil }
        if !missing.isEmpty {
            let names = missing.map { "`\($0)`" }.joined(separator: ", ")
            throw CommandFailure(
                .notReachable,
                "the rehearsal of `\(mission.id)` needs \(names), which this machine does not have",
                hint: "install it, or name another agent with `--agent`")
        }
        guard mission.rehearsalTerms.project != .any, !strangers(in: folder, mission).isEmpty else { return }
        throw CommandFailure(
            .wrongInput,
            "the rehearsal of `\(mission.id)` plays on a project of its own, and `\(folder)` has files already",
            hint: "give it a folder that does not exist: `--project DIR`; your own project needs an agent")
    }

    /// The files with which a new project begins; nil: just a README.
    static func sample(_ plan: RunPlan) -> String? {
        guard plan.slots.contains(where: { $0.agent == .rehearsal }),
            case .sample(let folder) = plan.mission.rehearsalTerms.project
        else { return nil }
        return folder
    }

    /// What lies in the folder that coord did not make. A sample is laid only where nothing is.
    private static func strangers(in folder: String, _ mission: Mission) -> [String] {
        // A folder that is missing or cannot be listed is looked at when the project is opened.
        let names = (try? Files.list(folder)) ?? []
        if Files.isFolder(folder + "/.git"), case .sample = mission.rehearsalTerms.project { return names }
        return names.filter { ![".git", ".gitignore", ".coord", "README.md", "worktrees"].contains($0) }
    }
}
