import CoordJSON
package import CoordModel
package import CoordSystem

/// A run that goes on without a terminal: what its operator needs to look after it.
///
/// One small JSON file per run in the user's state folder, for the owner alone. When its coordinator ends by
/// its own decision it says so in a file beside it; one that says nothing died.
package struct DetachedRun: Sendable, Equatable {
    package var run: RunID
    package var project: String
    /// How a coordinator takes the run up again.
    package var program: String
    package var arguments: [String]
    package var workingFolder: String
    package var environment: [String: String]
    /// Where its coordinators' own words go.
    package var log: String
    /// The coordinator that was started last.
    package var process: ProcessIdentity

    package init(
        run: RunID, project: String, program: String, arguments: [String], workingFolder: String,
        environment: [String: String], log: String, process: ProcessIdentity
    ) {
        self.run = run
        self.project = project
        self.program = program
        self.arguments = arguments
        self.workingFolder = workingFolder
        self.environment = environment
        self.log = log
        self.process = process
    }

    /// The variable that tells a coordinator that it is detached, and as which run.
    package static let mark = "COORD_DETACHED_RUN"

    /// Where the files lie. Nil: the user has no home.
    package static var folder: String? { RunRegistry.folder.map { Files.parent($0) + "/detached" } }

    /// Where the coordinators of a run write what they have to say.
    package static func log(of run: RunID, in folder: String) -> String { folder + "/\(run).log" }
    private static func file(_ run: RunID, _ folder: String) -> String { folder + "/\(run).json" }
    private static func endFile(_ run: RunID, _ folder: String) -> String { folder + "/\(run).exit" }

    /// Whether the run is looked after by an operator.
    package static func isKnown(_ run: RunID) -> Bool {
        folder.map { Files.kind(file(run, $0)) == .file } ?? false
    }

    // MARK: - Files

    /// Puts the run's file in place of the last one.
    package func write(in folder: String) throws(SystemError) {
        let document: JSONValue = [
            "schema": "coord.detached/1", "run": .string(run.rawValue), "project": .string(project),
            "program": .string(program), "arguments": .array(arguments.map { .string($0) }),
            "workingFolder": .string(workingFolder), "log": .string(log),
            "environment": .object(
                JSONObject(environment.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
            "pid": .integer(Int64(process.pid)),
            "pidStartTime": .integer(Int64(clamping: process.startTime)),
        ]
        try Files.makeFolder(folder, permissions: 0o700)
        try Files.writeAtomically(
            Array((document.prettyText + "\n").utf8), to: Self.file(run, folder), permissions: 0o600,
            step: .registryEntry)
    }

    /// Every run whose file can be read; a damaged file is nobody's run.
    package static func all(in folder: String) -> [DetachedRun] {
        // No such folder: no such runs.
        let names = (try? Files.list(folder)) ?? []
        return names.sorted().filter { $0.hasSuffix(".json") }.compactMap { name in
            // A damaged file is nobody's run; its coordinator goes on alone.
            guard let text = try? Files.readText(folder + "/" + name),
                case .object(let members)? = try? JSONParser.parse(text)
            else { return nil }
            return DetachedRun(members)
        }
    }

    private init?(_ members: JSONObject) {
        guard let run = members["run"]?.stringValue, let project = members["project"]?.stringValue,
            let program = members["program"]?.stringValue, let words = members["arguments"]?.arrayValue,
            let folder = members["workingFolder"]?.stringValue, let log = members["log"]?.stringValue,
            let pid = members["pid"]?.integerValue, let start = members["pidStartTime"]?.integerValue,
            case .object(let variables)? = members["environment"]
        else { return nil }
        var environment: [String: String] = [:]
        for (name, value) in variables.members { environment[name] = value.stringValue }
        self.init(
            run: RunID(run), project: project, program: program,
            arguments: words.compactMap(\.stringValue), workingFolder: folder, environment: environment,
            log: log,
            process: ProcessIdentity(
                pid: Int32(clamping: pid), startTime: UInt64(clamping: start)))
    }

    /// The coordinator of the run ended by its own decision.
    package static func noteEnd(of run: RunID, exitStatus: Int32) throws(SystemError) {
        guard let folder else { return }
        try Files.writeAtomically(
            Array("\(exitStatus)\n".utf8), to: endFile(run, folder), step: .registryEntry)
    }

    /// A run that is taken up again has not ended.
    package static func forgetEnd(of run: RunID, in folder: String) throws(SystemError) {
        if Files.kind(endFile(run, folder)) != nil {
            try Files.remove(endFile(run, folder), step: .registryEntry)
        }
    }

    /// How the coordinator ended by its own decision; nil when it did not.
    package func end(in folder: String) -> Int32? {
        // No file: it did not say so.
        guard let text = try? Files.readText(Self.endFile(run, folder)) else { return nil }
        return Int32(text.prefix { $0 != "\n" })
    }

    /// Nobody looks after the run any more. Its log stays.
    package func forget(in folder: String) throws(SystemError) {
        for file in [Self.file(run, folder), Self.endFile(run, folder)] where Files.kind(file) != nil {
            try Files.remove(file, step: .registryEntry)
        }
    }
}
