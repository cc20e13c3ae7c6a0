package import CoordModel

/// Which paths of the project no task may change without a person: what the mission names, and always what
/// decides whether work lands. Made from the mission of the run, never from what a candidate brings.
package struct ProtectedPaths: Sendable, Equatable {
    /// coord's own files in a project.
    private static let always = [".coord/**", "worktrees/**"]

    private let patterns: [PathPattern]
    /// Whether the mission itself protects anything: then a gate that runs fewer tests asks a person, too.
    package let guardsTests: Bool

    /// - Parameters:
    ///   - named: the patterns of `merge.protected`.
    ///   - gateFiles: the files that the gate's commands name, as far as the target had them when the run
    ///     began; what the run has yet to make is no part of the gate.
    ///   - missionFile: the mission's own path in the project; nil when it lies elsewhere.
    package init(named: [String] = [], gateFiles: [String] = [], missionFile: String? = nil) {
        let own = Self.always + gateFiles + (missionFile.map { [$0] } ?? [])
        patterns = (named + own).map { PathPattern(rule: $0) }
        guardsTests = !named.isEmpty
    }

    /// What the gate's commands name that may be files of the project, relative to its root.
    package static func names(in commands: [String]) -> [String] {
        let ends: Set<Character> = [" ", "\t", "\n", ";", "|", "&", "(", ")", "<", ">", "'", "\"", "="]
        return commands.flatMap { $0.split(whereSeparator: ends.contains) }.filter { word in
            !word.hasPrefix("/") && !word.hasPrefix("-") && !word.contains("*") && !word.contains("?")
                && word.contains { $0.isLetter }
        }.map { $0.split(separator: "/").filter { $0 != "." } }.filter { !$0.contains("..") }
            .map { $0.joined(separator: "/") }
    }

    /// What of the changed files is protected and not the task's to change. A task of the mission may change
    /// a path that its `files` name in full; a pattern there is not enough, and what an agent proposed may
    /// not name any.
    package func touched(by files: [String], of task: TaskSpec, isProposed: Bool) -> [String] {
        let allowed = isProposed ? [] : Set(task.files)
        return files.filter { file in
            !allowed.contains(file) && patterns.contains { $0.matches(file) }
        }
    }
}
