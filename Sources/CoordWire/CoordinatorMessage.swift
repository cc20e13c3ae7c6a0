import CoordJSON
package import CoordModel

/// What the coordinator says to a worker.
package enum CoordinatorMessage: Hashable, Sendable {
    /// Work on this, after what was assigned before.
    case assign(Assignment)
    /// End the attempt, with all it started.
    case cancel(Lease, reason: String)
    /// Give the attempt back if it has not begun.
    case withdraw(Lease)
    /// Say this to the agent while it works, if it can be spoken to.
    case tell(Lease, text: String)
    /// Something that happened around the attempt while it goes on; for its agent to read.
    case notice(Lease, text: String)
    /// What came of a call of the attempt's agent.
    case answer(Lease, call: Int64, CallAnswer)
    /// Have the agent write its handoff and end.
    case handOff(Lease)
    /// End the attempt, if there is one, and then yourself.
    case shutdown
}

/// One attempt at one task, with all a worker needs to know.
package struct Assignment: Sendable, Hashable {
    /// What is done.
    package enum Work: Sendable, Hashable {
        /// Run through `/bin/sh -c`: an agent, or the command of a `run` task.
        case command(String)
        /// Plays a part of `rehearsal.json` in the folder.
        case rehearsal(folder: String, part: String)
        /// Drives a coding agent.
        case agent(AgentLaunch)
        /// Nothing: finished at once. For measuring the pool.
        case none
    }

    package var run: RunID
    package var lease: Lease
    package var role: RoleID?
    /// The working folder, absolute.
    package var worktree: String
    /// The commit that the worktree started from.
    package var base: ObjectID?
    package var work: Work
    package var promptFile: String?
    package var handoffIn: String?
    package var handoffOut: String?
    /// Where notices go, absolute.
    package var notes: String?
    /// Where everything the agent says is kept, absolute.
    package var transcript: String?
    /// The whole environment of the agent.
    package var environment: [String: String]
    /// What every command of the attempt is started through.
    package var launcher: Launcher
    package var timeout: Duration?
    /// Commands that must pass after the agent has ended well.
    package var checks: [String]

    package init(
        run: RunID, lease: Lease, role: RoleID? = nil, worktree: String, base: ObjectID? = nil, work: Work,
        promptFile: String? = nil, handoffIn: String? = nil, handoffOut: String? = nil, notes: String? = nil,
        transcript: String? = nil, environment: [String: String] = [:], launcher: Launcher = .none,
        timeout: Duration? = nil, checks: [String] = []
    ) {
        self.run = run
        self.lease = lease
        self.role = role
        self.worktree = worktree
        self.base = base
        self.work = work
        self.promptFile = promptFile
        self.handoffIn = handoffIn
        self.handoffOut = handoffOut
        self.notes = notes
        self.transcript = transcript
        self.environment = environment
        self.launcher = launcher
        self.timeout = timeout
        self.checks = checks
    }
}

extension CoordinatorMessage {
    /// Appends the message as one line, without its end.
    package func write(run: RunID, to output: inout [UInt8]) {
        switch self {
        case .assign(let assignment):
            output.beginNotification("assign")
            assignment.write(to: &output)
        case .cancel(let lease, let reason):
            output.beginNotification("cancel")
            output.members(run, lease)
            output.member("reason", reason)
        case .withdraw(let lease):
            output.beginNotification("withdraw")
            output.members(run, lease)
        case .notice(let lease, let text):
            output.beginNotification("notice")
            output.members(run, lease)
            output.member("text", text)
        case .tell(let lease, let text):
            output.beginNotification("tell")
            output.members(run, lease)
            output.member("text", text)
        case .answer(let lease, let call, let answer):
            output.beginNotification("answer")
            output.members(run, lease)
            output.member("call", call)
            output.member("text", answer.text)
            if answer.isRefused { output.member("refused", true) }
            output.member("question", answer.question)
            output.member("words", answer.words)
        case .handOff(let lease):
            output.beginNotification("hand-off")
            output.members(run, lease)
        case .shutdown:
            output.beginNotification("shutdown")
        }
        output.endNotification()
    }

    /// The message as one line, without its end.
    package func encoded(run: RunID) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(512)
        write(run: run, to: &output)
        return output
    }

    /// Reads one line, given without its end. Nil: a method that this version does not know; ignore and count
    /// it. `run` is what the message says of itself; `shutdown` says none.
    package static func decode(
        _ line: ArraySlice<UInt8>
    ) throws(WireError) -> (run: RunID?, message: CoordinatorMessage)? {
        let members = try Members.ofNotification(line)
        switch members.method {
        case "assign":
            let assignment = try Assignment(members)
            return (assignment.run, .assign(assignment))
        case "cancel":
            let reason = try members.optionalText("reason") ?? ""
            return (try members.run(), .cancel(try members.lease(), reason: reason))
        case "withdraw": return (try members.run(), .withdraw(try members.lease()))
        case "notice":
            return (try members.run(), .notice(try members.lease(), text: try members.text("text")))
        case "tell": return (try members.run(), .tell(try members.lease(), text: try members.text("text")))
        case "answer":
            let answer = CallAnswer(
                try members.text("text"), isRefused: try members.flag("refused", otherwise: false),
                question: try members.optionalText("question"), words: try members.optionalText("words"))
            let number = try members.integer("call", 0...Int64.max)
            return (try members.run(), .answer(try members.lease(), call: number, answer))
        case "hand-off": return (try members.run(), .handOff(try members.lease()))
        case "shutdown": return (nil, .shutdown)
        default: return nil
        }
    }
}

extension Assignment {
    fileprivate func write(to output: inout [UInt8]) {
        output.members(run, lease)
        output.member("role", role?.rawValue)
        output.member("worktree", worktree)
        output.member("base", base?.rawValue)
        output.key("work")
        output.append(0x7B)
        switch work {
        case .command(let command):
            output.member("kind", "command")
            output.member("command", command)
        case .rehearsal(let folder, let part):
            output.member("kind", "rehearsal")
            output.member("folder", folder)
            output.member("part", part)
        case .agent(let launch):
            output.member("kind", "agent")
            launch.write(to: &output)
        case .none: output.member("kind", "none")
        }
        output.append(0x7D)
        output.member("promptFile", promptFile)
        output.member("handoffIn", handoffIn)
        output.member("handoffOut", handoffOut)
        output.member("notes", notes)
        output.member("transcript", transcript)
        if let timeout { output.member("timeoutMilliseconds", timeout.wholeMilliseconds) }
        if !checks.isEmpty { output.member("checks", checks) }
        if launcher != .none {
            output.member("launcher", launcher.words)
            if launcher.staysAsParent { output.member("launcherStays", true) }
        }
        guard !environment.isEmpty else { return }
        output.key("environment")
        output.append(0x7B)
        var isFirst = true
        // In order, so that the same assignment is the same line.
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            if !isFirst { output.append(0x2C) }
            isFirst = false
            JSONValue.write(string: name, to: &output)
            output.append(0x3A)
            JSONValue.write(string: value, to: &output)
        }
        output.append(0x7D)
    }

    fileprivate init(_ members: Members) throws(WireError) {
        run = try members.run()
        lease = try members.lease()
        role = try members.optionalText("role").map { RoleID($0) }
        worktree = try members.absolutePath("worktree") ?? ""
        guard !worktree.isEmpty else { throw .missing(member: "worktree", method: members.method) }
        base = try members.objectID("base")
        work = try members.work()
        promptFile = try members.absolutePath("promptFile")
        handoffIn = try members.absolutePath("handoffIn")
        handoffOut = try members.absolutePath("handoffOut")
        notes = try members.absolutePath("notes")
        transcript = try members.absolutePath("transcript")
        environment = try members.environment()
        timeout = try members.milliseconds("timeoutMilliseconds")
        checks = try members.texts("checks")
        launcher = Launcher(
            words: try members.texts("launcher"),
            staysAsParent: try members.flag("launcherStays", otherwise: false))
        // A command that should be confined and is not would be the worst of answers.
        guard launcher.words.first.map({ $0.hasPrefix("/") }) ?? !launcher.staysAsParent else {
            throw .wrong(member: "launcher", method: members.method, wanted: "an absolute path first")
        }
    }
}

extension Members {
    func absolutePath(_ name: String) throws(WireError) -> String? {
        guard let path = try optionalText(name) else { return nil }
        guard path.utf8.first == 0x2F, !path.utf8.contains(0) else {
            throw .wrong(member: name, method: method, wanted: "an absolute path")
        }
        return path
    }

    fileprivate func objectID(_ name: String) throws(WireError) -> ObjectID? {
        guard let text = try optionalText(name) else { return nil }
        guard let id = ObjectID(text) else {
            throw .wrong(member: name, method: method, wanted: "the name of a commit")
        }
        return id
    }

    fileprivate func work() throws(WireError) -> Assignment.Work {
        guard case .object(let object)? = object["work"] else {
            throw .missing(member: "work", method: method)
        }
        let inner = Members(method: "work", object: object)
        switch try inner.text("kind") {
        case "command": return .command(try inner.text("command"))
        case "rehearsal":
            guard let folder = try inner.absolutePath("folder") else {
                throw .missing(member: "folder", method: "work")
            }
            return .rehearsal(folder: folder, part: try inner.text("part"))
        case "agent": return .agent(try AgentLaunch(inner))
        case "none": return .none
        default: throw .wrong(member: "kind", method: "work", wanted: "a known kind of work")
        }
    }

    func environment() throws(WireError) -> [String: String] {
        guard let value = object["environment"], !value.isNull else { return [:] }
        guard let object = value.objectValue else {
            throw .wrong(member: "environment", method: method, wanted: "an object")
        }
        var result = [String: String](minimumCapacity: object.count)
        for (name, value) in object.members {
            guard let text = value.stringValue, !name.isEmpty, !name.utf8.contains(0x3D),
                !name.utf8.contains(0), !text.utf8.contains(0)
            else {
                throw .wrong(
                    member: "environment", method: method, wanted: "an object of names and strings")
            }
            result[name] = text
        }
        return result
    }
}
