package import CoordGit
import CoordModel
package import CoordProcess
package import CoordStore
package import CoordSystem

/// Why a run could not start or could not go on. Each case carries its evidence; `description` makes the
/// sentence.
package enum RuntimeError: Error, Sendable {
    case system(SystemError)
    case store(StoreError)
    case git(GitError)
    case process(ProcessError)
    /// Another coordinator works on the project; `holder` is what it wrote of itself.
    case locked(project: String, holder: String)
    case nothingToResume(project: String)
    case noAgent(reason: String, hint: String)
    case missingWorkerProgram(path: String)
    /// The gateway's program does not take its configuration, in its own words.
    case gatewayRefused(reason: String)
    /// Nothing here confines an agent; each reason names a mechanism.
    case noSandbox(reasons: [String])
    /// The system lets the process open fewer files at once than a run needs.
    case tooFewDescriptors(limit: Int, needed: Int, workers: Int)
}

extension RuntimeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .system(let error): error.description
        case .store(let error): "\(error)"
        case .git(let error): "\(error)"
        case .process(let error): "\(error)"
        case .locked(let project, let holder):
            "another coordinator works on `\(project)`\(holder.isEmpty ? "" : ": \(holder)")"
        case .nothingToResume(let project): "there is no run to resume in `\(project)`"
        case .noAgent(let reason, _): reason
        case .missingWorkerProgram(let path): "the worker program `\(path)` is missing"
        case .gatewayRefused(let reason): reason
        case .tooFewDescriptors(let limit, let needed, let workers):
            "a run with \(workers) worker\(workers == 1 ? "" : "s") needs \(needed) open files at once, and "
                + "the limit is \(limit)"
        case .noSandbox(let reasons):
            "no sandbox works here, so agents are not started (\(reasons.joined(separator: "; ")))"
        }
    }

    /// What would help.
    package var hint: String? {
        switch self {
        case .locked: "see `coord status`, or end it with `coord stop`"
        case .nothingToResume: "start one with `coord run MISSION`"
        case .noAgent(_, let hint): hint
        case .missingWorkerProgram: "build the whole package: `swift build -c release`"
        case .noSandbox:
            "install bubblewrap (`apt-get install bubblewrap`), or say `--sandbox off` where agents may do "
                + "all that you may"
        case .tooFewDescriptors: "raise it with `ulimit -n 1024`, or ask for fewer workers (`--workers`)"
        case .system, .store, .git, .process, .gatewayRefused: nil
        }
    }
}
