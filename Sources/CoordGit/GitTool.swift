import CoordModel
import CoordProcess
import CoordSystem
import Synchronization

/// The git that coord uses, its version known to suffice.
package struct GitTool: Sendable {
    /// A version of git.
    package struct Version: Comparable, Sendable, CustomStringConvertible {
        package let major: Int
        package let minor: Int
        package let patch: Int

        package init(_ major: Int, _ minor: Int, _ patch: Int) {
            self.major = major
            self.minor = minor
            self.patch = patch
        }

        package static func < (left: Version, right: Version) -> Bool {
            (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
        }

        package var description: String { "\(major).\(minor).\(patch)" }
    }

    /// `merge-tree --write-tree` came with 2.38.
    package static let oldest = Version(2, 38, 0)

    /// An absolute path.
    package let executable: String
    /// At least `oldest`.
    package let version: Version
    /// The caller's environment without anything of git's: a variable such as GIT_DIR, which git sets in
    /// hooks, would redirect every call to another repository.
    let environment: [String: String]
    /// How many git commands ran.
    let counter = CallCounter()

    /// Finds git on PATH (of `environment`) and asks its version. Throws `gitMissing`, `gitTooOld` or
    /// `gitUnusable`.
    package static func locate(
        environment: [String: String] = Environment.all
    ) throws(GitError) -> GitTool {
        let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        guard let executable = Executables.find("git", path: path) else {
            throw .gitMissing(path: path)
        }
        let scrubbed = scrub(environment)
        let request = CommandRequest(
            executable: executable, arguments: ["--version"], environment: scrubbed,
            timeout: .seconds(20), outputLimitBytes: 4096, endsLeftovers: false)
        let result: CommandResult
        do { result = try CommandRunner.run(request) } catch { throw .process(error) }
        let answer = result.outputText
        guard result.succeeded, let version = PorcelainParser.version(answer) else {
            throw .gitUnusable(executable: executable, answer: String(answer.prefix(200)))
        }
        guard version >= oldest else {
            throw .gitTooOld(executable: executable, found: "\(version)", needed: "\(oldest)")
        }
        return GitTool(executable: executable, version: version, environment: scrubbed)
    }

    /// How many git commands this tool ran so far; for measuring.
    package var callCount: Int { counter.value }

    /// The environment of every git command: the caller's, without what could steer git or translate its
    /// words, and without keys of models, which are nothing to git or to what it starts.
    static func scrub(_ environment: [String: String]) -> [String: String] {
        let keys = Set(ModelProvider.known.flatMap(\.keyNames))
        var kept = environment.filter { name, _ in
            !name.hasPrefix("GIT_") && !name.hasPrefix("LC_") && name != "LANG" && name != "LANGUAGE"
                && !keys.contains(name)
        }
        // Git starts programs of its own by name, in the folder it works in: an agent's worktree.
        kept["PATH"] = environment["PATH"].map {
            $0.split(separator: ":").filter { $0.hasPrefix("/") }.joined(separator: ":")
        }
        kept["LC_ALL"] = "C"
        kept["GIT_TERMINAL_PROMPT"] = "0"
        kept["GIT_OPTIONAL_LOCKS"] = "0"
        kept["GIT_EDITOR"] = ":"
        kept["GIT_ASKPASS"] = "true"
        kept["SSH_ASKPASS"] = "true"
        kept["GIT_PAGER"] = "cat"
        return kept
    }
}

/// Counts calls from any thread.
final class CallCounter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }
    func increment() { count.wrappingAdd(1, ordering: .relaxed) }
}
