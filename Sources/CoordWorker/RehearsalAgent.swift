import CoordModel
import CoordProcess
import CoordSystem

/// An agent that plays a part written beforehand: it edits real files and runs real commands in the worktree,
/// and calls no model. What it says is marked as rehearsed by whoever shows it.
final class RehearsalAgent: AgentDriver {
    private let folder: String
    private let part: String
    private let attempt: Int
    private let surroundings: StepSurroundings
    private var steps: [RehearsalStep] = []
    /// What it plays when it is told to hand over, and then ends. Empty: it cannot be told.
    private var lastSteps: [RehearsalStep] = []
    private var next = 0
    private var step: CommandStep?
    private var pause: Timers.Token?
    private var isTerminated = false
    private var report: (AgentReport) -> Void = { _ in }
    private var completion: (AttemptOutcome?) -> Void = { _ in }

    init(folder: String, part: String, attempt: Int, in surroundings: StepSurroundings) {
        self.folder = folder
        self.part = part
        self.attempt = attempt
        self.surroundings = surroundings
    }

    func start(report: @escaping (AgentReport) -> Void, completion: @escaping (AttemptOutcome?) -> Void) {
        self.report = report
        self.completion = completion
        surroundings.transcript.note(
            "[coord: rehearsal of `\(part)`, attempt \(attempt); no model is called]")
        do throws(RehearsalError) {
            steps = try RehearsalPart.read(folder: folder, part: part, attempt: attempt)
            lastSteps = try RehearsalPart.readHandoff(folder: folder, part: part)
        } catch {
            return completion(.failed(reason: "\(error)"))
        }
        play()
    }

    /// Plays on until a step takes time, the part is over, or something goes wrong.
    private func play() {
        while next < steps.count, !isTerminated {
            let step = steps[next]
            next += 1
            do throws(RehearsalError) {
                guard try perform(step) else { return }
            } catch {
                return completion(.failed(reason: "step \(next) of part `\(part)`: \(error)"))
            }
        }
        completion(isTerminated ? .failed(reason: "ended before its end") : nil)
    }

    /// False when the step goes on by itself and plays on when it is done.
    private func perform(_ step: RehearsalStep) throws(RehearsalError) -> Bool {
        let transcript = surroundings.transcript
        switch step {
        case .say(let text):
            transcript.note(text)
            report(.progress(text))
        case .write(let path, let content, let isExecutable):
            transcript.note("[write] \(path)")
            try write(path, content, isExecutable)
        case .edit(let path, let find, let replace):
            transcript.note("[edit] \(path)")
            try edit(path, find, replace)
        case .delete(let path):
            transcript.note("[delete] \(path)")
            let target = try SafePath.resolve(path, below: surroundings.folder)
            try tried { () throws(SystemError) in try Files.remove(target) }
        case .run(let command, let mayFail):
            try run(command, mayFail)
            return false
        case .pause(let time):
            pause = surroundings.timers.after(time) { [unowned self] in
                pause = nil
                play()
            }
            return false
        case .report(let event): report(event)
        case .fail(let reason): throw RehearsalError(reason)
        }
        return true
    }

    private func run(_ command: String, _ mayFail: Bool) throws(RehearsalError) {
        let id = "step-\(next)"
        surroundings.transcript.note("[run] \(command)")
        report(.toolStarted(name: "shell", id: id, summary: command))
        do throws(ProcessError) {
            step = try CommandStep(.shell(command), in: surroundings) { [unowned self] exit in
                let succeeded = exit == .exited(status: 0)
                report(.toolEnded(name: "shell", id: id, succeeded: succeeded, summary: exit.description))
                if succeeded || mayFail { return play() }
                completion(
                    .failed(reason: "step \(next) of part `\(part)`: `\(command)` ended with \(exit)"))
            }
        } catch {
            throw RehearsalError("`\(command)` could not start: \(error)")
        }
    }

    // MARK: Files

    private func write(
        _ path: String, _ content: RehearsalStep.Content, _ isExecutable: Bool
    ) throws(RehearsalError) {
        let target = try SafePath.resolve(path, below: surroundings.folder)
        let bytes: [UInt8]
        switch content {
        case .text(let text): bytes = Array(text.utf8)
        case .file(let name):
            let source = try SafePath.resolve(name, below: folder)
            bytes = try tried { () throws(SystemError) in try Files.read(source) }
        }
        try tried { () throws(SystemError) in
            try Files.makeFolder(Files.parent(target))
            try Files.write(bytes, to: target, permissions: isExecutable ? 0o755 : 0o644)
        }
    }

    private func edit(_ path: String, _ find: String, _ replace: String) throws(RehearsalError) {
        let target = try SafePath.resolve(path, below: surroundings.folder)
        let bytes = try tried { () throws(SystemError) in try Files.read(target) }
        let wanted = Array(find.utf8)
        let places = Self.places(of: wanted, in: bytes)
        guard places.count == 1 else {
            throw RehearsalError("the text to replace stands \(places.count) times in `\(path)`, not once")
        }
        let changed = bytes[..<places[0]] + Array(replace.utf8) + bytes[(places[0] + wanted.count)...]
        let permissions = Files.permissions(target) ?? 0o644
        try tried { () throws(SystemError) in
            try Files.write(Array(changed), to: target, permissions: permissions & 0o777)
        }
    }

    private static func places(of wanted: [UInt8], in bytes: [UInt8]) -> [Int] {
        guard wanted.count <= bytes.count else { return [] }
        return (0...(bytes.count - wanted.count)).filter {
            bytes[$0] == wanted[0] && bytes[$0..<($0 + wanted.count)].elementsEqual(wanted)
        }
    }

    private func tried<Result>(
        _ body: () throws(SystemError) -> Result
    ) throws(RehearsalError) -> Result {
        do throws(SystemError) { return try body() } catch { throw RehearsalError("\(error)") }
    }

    // MARK: Ending

    /// Finishes the step it is at, plays what its part has for a handoff, and ends.
    func steer(_ text: String) -> Bool {
        guard !lastSteps.isEmpty, !isTerminated else { return false }
        surroundings.transcript.note("[coord: told to hand over]")
        steps = lastSteps
        next = 0
        if let pause {
            surroundings.timers.cancel(pause)
            // Not within the call: its caller wants the answer first.
            self.pause = surroundings.timers.after(.zero) { [unowned self] in
                self.pause = nil
                play()
            }
        }
        return true
    }

    func terminate() {
        guard !isTerminated else { return }
        isTerminated = true
        if let pause {
            surroundings.timers.cancel(pause)
            self.pause = nil
            play()
        }
        step?.terminate()
    }

    func abort() {
        isTerminated = true
        surroundings.timers.cancel(pause)
        step?.abort()
    }

    func resumeIfPossible() { step?.resumeIfPossible() }
}

/// Keeps a rehearsal's files where they belong.
enum SafePath {
    /// The absolute path of `path` within the folder. Refused: absolute paths, `..` and `.`, git's own
    /// folder, and a link anywhere on the way, the last part included.
    static func resolve(_ path: String, below folder: String) throws(RehearsalError) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }
        guard isPlain else { throw RehearsalError("`\(path)` is no plain path within the worktree") }
        guard !parts.contains(where: { $0.lowercased() == ".git" }) else {
            throw RehearsalError("`\(path)` belongs to git")
        }
        var resolved = folder
        for part in parts {
            resolved += "/" + part
            if Files.kind(resolved) == .link {
                throw RehearsalError("`\(path)` leads over a link")
            }
        }
        return resolved
    }
}
