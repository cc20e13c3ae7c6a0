package import CoordModel
package import CoordRuntime
import CoordSystem

/// Finds the project that is meant.
package struct ProjectLookup {
    private let surroundings: Surroundings

    package init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    /// The project whose journal to read: the one named; else the nearest folder upwards that has a journal,
    /// or inside coord's own sources the newest project below `worktrees/`.
    package func forReading(project named: String?) throws(CommandFailure) -> StateFolder {
        if let named {
            let state = StateFolder(project: named)
            guard Files.kind(named) != nil else {
                throw CommandFailure(.wrongInput, "there is no folder `\(named)`")
            }
            guard Files.kind(state.database) != nil else { throw Self.noRun(in: named) }
            return state
        }
        var folder = surroundings.workingFolder
        while true {
            let isOwn = Self.isOwnSourceTree(folder)
            if isOwn, let newest = newestProject(below: folder + "/worktrees") { return newest }
            let state = StateFolder(project: folder)
            if Files.kind(state.database) != nil { return state }
            if isOwn || Files.kind(folder + "/.git") != nil { throw Self.noRun(in: folder) }
            guard folder != "/" else { break }
            folder = Files.parent(folder)
        }
        throw CommandFailure(
            .wrongInput,
            "`\(surroundings.workingFolder)` is in no project: there is no git repository around it",
            hint: "go to a project, or name one with `--project DIR`")
    }

    /// The folder a mission works on: the one named; inside coord's own sources
    /// `worktrees/<mission>-project`; else the git repository around the working folder. It need not exist
    /// when it was named or is coord's own choice.
    package func forRunning(
        project named: String?, mission: MissionID
    ) throws(CommandFailure) -> String {
        if let named { return named }
        var folder = surroundings.workingFolder
        while true {
            if Self.isOwnSourceTree(folder) { return folder + "/worktrees/\(mission)-project" }
            if Files.kind(folder + "/.git") != nil || Self.isBareRepository(folder) { return folder }
            guard folder != "/" else { break }
            folder = Files.parent(folder)
        }
        throw CommandFailure(
            .wrongInput, "`\(surroundings.workingFolder)` is in no git repository",
            hint: "name a project with `--project DIR`; a folder that does not exist is made")
    }

    /// Whether the folder is the root of coord's own sources, on which coord never works unless asked.
    package static func isOwnSourceTree(_ folder: String) -> Bool {
        Files.kind(folder + "/Package.swift") == .file && Files.isFolder(folder + "/Sources/CoordModel")
            && Files.isFolder(folder + "/Sources/coord") && Files.isFolder(folder + "/missions")
    }

    static func noRun(in project: String) -> CommandFailure {
        CommandFailure(
            .wrongInput, "no mission has run in `\(project)` yet", hint: "start one with `coord run MISSION`")
    }

    private static func isBareRepository(_ folder: String) -> Bool {
        Files.kind(folder + "/HEAD") == .file && Files.isFolder(folder + "/objects")
            && Files.isFolder(folder + "/refs")
    }

    /// The project whose journal was written last. A running journal is written in the log beside it.
    private func newestProject(below folder: String) -> StateFolder? {
        // No such folder: no such project.
        let names = (try? Files.list(folder)) ?? []
        let projects = names.filter { $0.hasSuffix("-project") }.map {
            StateFolder(project: folder + "/" + $0)
        }
        func written(_ state: StateFolder) -> Int64? {
            guard let time = Files.modificationTime(state.database) else { return nil }
            return max(time, Files.modificationTime(state.database + "-wal") ?? 0)
        }
        return projects.compactMap { state in written(state).map { (state, $0) } }.max { $0.1 < $1.1 }?.0
    }
}
