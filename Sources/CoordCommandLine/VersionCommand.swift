import CoordJSON
import CoordRuntime
import CoordStore
import CoordSystem

/// What this coord is.
package enum BuildInformation {
    /// Semantic version (https://semver.org).
    package static let version = "0.1.0"

    #if os(Linux)
        static let system = "Linux"
    #elseif os(macOS)
        static let system = "macOS"
    #else
        static let system = "unknown system"
    #endif

    #if arch(x86_64)
        static let processor = "x86_64"
    #elseif arch(arm64)
        static let processor = "arm64"
    #else
        static let processor = "unknown processor"
    #endif
}

/// `coord version`.
enum VersionCommand {
    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        if context.wantsJSON {
            context.answer([
                "schema": "coord.version/1", "version": .string(BuildInformation.version),
                "system": .string(BuildInformation.system), "processor": .string(BuildInformation.processor),
                "sqlite": .string(SQLiteStore.libraryVersion),
            ])
        } else {
            context.output.line("coord \(BuildInformation.version)")
            if context.arguments.has("verbose") {
                context.output.line("\(BuildInformation.system) \(BuildInformation.processor)")
                context.output.line("SQLite \(SQLiteStore.libraryVersion)")
            }
        }
        return .done
    }
}

/// `coord paths`: where coord keeps what.
enum PathsCommand {
    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        var paths: [(name: String, path: String?)] = []
        // Without a project the machine-wide paths are still an answer.
        if let state = try? context.journalProject() {
            paths += [
                ("project", state.project), ("state", state.root), ("journal", state.database),
                ("hub", state.hub), ("transcripts", state.root + "/transcripts"), ("logs", state.logs),
                ("socket", state.socket), ("reports", state.root + "/reports"),
            ]
        }
        paths += [
            ("configuration", configuration(context)), ("instances", RunRegistry.folder),
            ("program", Executables.own()),
        ]
        if context.wantsJSON {
            var document = JSONObject([("schema", "coord.paths/1")])
            for (name, path) in paths { document[name] = .optional(path) }
            context.answer(.object(document))
        } else {
            for (name, path) in paths {
                let label = context.style.dim(TerminalText.padded(name, to: 15))
                context.output.line(label + TerminalText.escaped(path ?? "–"))
            }
        }
        return .done
    }

    /// The user's own missions, roles and skills.
    private static func configuration(_ context: CommandContext) -> String? {
        let home = context.surroundings.environment("HOME").flatMap { $0.isEmpty ? nil : $0 }
        #if os(macOS)
            return home.map { $0 + "/Library/Application Support/coord" }
        #else
            if let folder = context.surroundings.environment("XDG_CONFIG_HOME"), folder.hasPrefix("/") {
                return folder + "/coord"
            }
            return home.map { $0 + "/.config/coord" }
        #endif
    }
}
