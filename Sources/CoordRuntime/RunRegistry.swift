import CoordJSON
package import CoordModel
package import CoordSystem

/// The machine-wide list of runs: one small JSON file per run, for programs that look after all of them.
package enum RunRegistry {
    /// `$XDG_STATE_HOME/coord/instances`; on macOS below `~/Library/Application Support/coord`. Nil: no home.
    package static var folder: String? {
        UserFolders.state().map { $0 + "/instances" }
    }

    private static func entry(of run: RunID) -> JSONValue? {
        // What cannot be read is not known.
        guard let folder, let text = try? Files.readText(folder + "/\(run).json") else { return nil }
        return try? JSONParser.parse(text)
    }

    /// The project of a run that was registered.
    package static func project(of run: RunID) -> String? { entry(of: run)?["project"]?.stringValue }

    /// Whether the run's coordinator registered its end.
    package static func isOver(_ run: RunID) -> Bool {
        guard let word = entry(of: run)?["status"]?.stringValue else { return false }
        return RunStatus(rawValue: word)?.isFinal ?? false
    }

    /// Writes what is known of a run; the newest writing wins.
    package static func write(_ run: RunRecord, socket: String) throws(SystemError) {
        guard let folder else { return }
        try Files.makeFolder(folder, permissions: 0o700)
        Files.removeAbandoned(in: folder)
        let entry: JSONValue = [
            "schema": "coord.instance/1", "run": .string(run.id.rawValue),
            "mission": .string(run.mission.rawValue), "project": .string(run.project),
            "status": .string(run.status.rawValue), "pid": .integer(Int64(run.process.pid)),
            "pidStartTime": .integer(Int64(clamping: run.process.startTime)), "socket": .string(socket),
            "startedAt": .string(run.startedAt.description),
            "endedAt": run.endedAt.map { .string($0.description) } ?? .null,
        ]
        try Files.writeAtomically(
            Array(entry.prettyText.utf8), to: folder + "/\(run.id).json", step: .registryEntry)
    }
}
