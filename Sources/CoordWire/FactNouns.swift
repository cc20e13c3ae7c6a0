package import CoordJSON
package import CoordModel

// The nouns that facts and messages carry, as JSON. A task has the members of a mission file's task.

extension TaskSpec {
    /// The members of a mission file's task, then coord's own `workspace`. Times are whole milliseconds.
    package var json: JSONValue { MemberWriter.tree { write(to: &$0) } }

    /// Reads what `json` gives; members at their default may be missing.
    package init(json: JSONValue) throws(FactCodecError) {
        self = try TaskSpec(MemberReader(json, type: "task"))
    }

    /// Appends the JSON to bytes, without a tree.
    package func writeJSON(to bytes: inout [UInt8]) { MemberWriter.append(to: &bytes) { write(to: &$0) } }

    func write(to writer: inout MemberWriter) {
        writer.string("id", id.rawValue)
        writer.string("title", title)
        writer.string("prompt", prompt)
        writer.string("role", role?.rawValue)
        writer.string("category", category)
        writer.names("deps", dependencies)
        if priority != 0 { writer.integer("priority", priority) }
        if !files.isEmpty { writer.strings("files", files) }
        if !skills.isEmpty { writer.names("skills", skills) }
        if !capabilities.isEmpty { writer.strings("capabilities", capabilities.lazy.map { $0.rawValue }) }
        writer.string("run", run)
        if !checks.isEmpty { writer.strings("checks", checks) }
        writer.money("budgetUSD", budget)
        writer.integer("maxAttempts", maxAttempts)
        writer.seconds("timeoutSeconds", timeout)
        if approval { writer.flag("approval", approval) }
        if risk != .low { writer.string("risk", risk.rawValue) }
        if workspace != .worktree { writer.string("workspace", workspace.rawValue) }
    }

    init(_ reader: MemberReader) throws(FactCodecError) {
        self.init(id: try reader.name("id", as: TaskID.self))
        title = try reader.findString("title") ?? id.rawValue
        prompt = try reader.findString("prompt") ?? ""
        role = try reader.findName("role", as: RoleID.self)
        category = try reader.findString("category")
        dependencies = try reader.names("deps", as: TaskID.self)
        priority = try reader.findInteger("priority") ?? 0
        files = try reader.strings("files")
        skills = try reader.names("skills", as: SkillID.self)
        capabilities = try reader.words("capabilities", as: Capability.self)
        run = try reader.findString("run")
        checks = try reader.strings("checks")
        budget = try reader.findMoney("budgetUSD")
        maxAttempts = try reader.findInteger("maxAttempts")
        timeout = try reader.findSeconds("timeoutSeconds")
        approval = try reader.find("approval", "true or false", \.boolValue) ?? false
        risk = try reader.findWord("risk", as: Risk.self) ?? .low
        workspace = try reader.findWord("workspace", as: WorkspaceKind.self) ?? .worktree
    }
}

extension SlotSpec {
    /// A slot as facts and the journal keep it.
    package var json: JSONValue { MemberWriter.tree { write(to: &$0) } }

    /// Reads what `json` gives.
    package init(json: JSONValue) throws(FactCodecError) {
        self = try SlotSpec(MemberReader(json, type: "slot"))
    }

    func write(to writer: inout MemberWriter) {
        writer.string("worker", worker.rawValue)
        writer.integer("number", number)
        writer.string("role", role?.rawValue)
        writer.string("kind", kind.rawValue)
        if !capabilities.isEmpty { writer.strings("capabilities", capabilities.lazy.map { $0.rawValue }) }
        writer.string("model", model)
        writer.money("budgetUSD", budget)
        writer.string("agent", agent.description)
        writer.string("worktree", worktree)
        if sandbox != .off { writer.string("sandbox", sandbox.rawValue) }
    }

    init(_ reader: MemberReader) throws(FactCodecError) {
        self.init(
            worker: try reader.name("worker", as: WorkerID.self), number: try reader.integer("number"),
            role: try reader.findName("role", as: RoleID.self),
            kind: try reader.word("kind", as: Role.Kind.self),
            capabilities: try reader.words("capabilities", as: Capability.self),
            model: try reader.findString("model"), budget: try reader.findMoney("budgetUSD"),
            agent: try reader.need(
                "agent", reader.find("agent", "an agent") { AgentChoice($0.stringValue ?? "") }),
            worktree: try reader.string("worktree"),
            sandbox: try reader.findWord("sandbox", as: SandboxMechanism.self) ?? .off)
    }
}

extension [SlotSpec] {
    /// The slots of a run as one list.
    package var json: JSONValue { .array(map(\.json)) }

    /// Reads what `json` gives.
    package init(json: JSONValue) throws(FactCodecError) {
        self = []
        guard let items = json.arrayValue else {
            throw FactCodecError(type: "slot", problem: .malformed(member: "slots", wanted: "a list"))
        }
        for item in items { append(try SlotSpec(json: item)) }
    }
}

extension DeliveryRecord {
    /// How far what landed was passed on.
    package var json: JSONValue {
        MemberWriter.tree {
            $0.string("commit", commit?.rawValue)
            $0.string("place", place)
            $0.string("address", address)
            $0.string("problem", problem)
        }
    }

    /// Reads what `json` gives.
    package init(json: JSONValue) throws(FactCodecError) {
        let members = try MemberReader(json, type: "delivery")
        self.init(
            commit: try members.findObject("commit"), place: try members.string("place"),
            address: try members.findString("address"), problem: try members.findString("problem"))
    }
}

extension RunStart {
    /// What is fixed when a run starts, its slots included.
    package var json: JSONValue { MemberWriter.tree { write(to: &$0) } }

    /// Reads what `json` gives.
    package init(json: JSONValue) throws(FactCodecError) {
        self = try RunStart(MemberReader(json, type: FactType.runStarted.rawValue))
    }

    func write(to writer: inout MemberWriter) {
        writer.string("run", run.rawValue)
        writer.string("mission", mission.rawValue)
        writer.string("missionName", missionName)
        writer.string("missionFile", missionFile)
        writer.string("project", project)
        writer.string("target", target)
        writer.string("agent", agent)
        writer.money("budgetUSD", budget)
        writer.object("process") { process.write(to: &$0) }
        writer.string("head", head?.rawValue)
        writer.objects("slots", slots) { $0.write(to: &$1) }
        writer.flag("simulated", simulated)
        guard let scale else { return }
        writer.object("scale") {
            $0.integer("min", scale.min)
            $0.integer("max", scale.max)
            $0.integer("queueDepth", scale.queueDepth)
            $0.seconds("idleSeconds", scale.idle)
        }
    }

    init(_ reader: MemberReader) throws(FactCodecError) {
        self.init(
            run: try reader.name("run", as: RunID.self),
            mission: try reader.name("mission", as: MissionID.self),
            missionName: try reader.string("missionName"), missionFile: try reader.string("missionFile"),
            project: try reader.string("project"), target: try reader.string("target"),
            agent: try reader.string("agent"), budget: try reader.findMoney("budgetUSD"),
            process: try ProcessIdentity(reader.members("process")), head: try reader.findObject("head"),
            slots: try reader.objects("slots") { slot throws(FactCodecError) in try SlotSpec(slot) },
            simulated: try reader.flag("simulated"), scale: try reader.findMembers("scale").map(Scale.init))
    }
}

extension Scale {
    fileprivate init(_ reader: MemberReader) throws(FactCodecError) {
        self.init(
            min: try reader.integer("min"), max: try reader.integer("max"),
            queueDepth: try reader.integer("queueDepth"), idle: try reader.seconds("idleSeconds"))
    }
}

// MARK: - Parts of facts

extension ProcessIdentity {
    func write(to writer: inout MemberWriter) {
        writer.integer("pid", pid)
        writer.integer("startTime", startTime)
    }

    init(_ reader: MemberReader) throws(FactCodecError) {
        self.init(
            pid: try reader.small("pid"), startTime: UInt64(clamping: try reader.integer("startTime")))
    }
}

extension ExitOutcome {
    /// One member: `exitStatus` or `signal`.
    func write(to writer: inout MemberWriter) {
        switch self {
        case .exited(let status): writer.integer("exitStatus", status)
        case .signaled(let signal): writer.integer("signal", signal)
        }
    }

    static func find(_ reader: MemberReader) throws(FactCodecError) -> ExitOutcome? {
        if try reader.findInteger("exitStatus") != nil {
            return .exited(status: try reader.small("exitStatus"))
        }
        if try reader.findInteger("signal") != nil { return .signaled(try reader.small("signal")) }
        return nil
    }
}

extension AttemptOutcome {
    /// `outcome` names the kind; `reason` and `afterSeconds` stand where the kind has them.
    func write(to writer: inout MemberWriter) {
        writer.string("outcome", kind)
        switch self {
        case .failed(let reason), .workerLost(let reason): writer.string("reason", reason)
        case .agentFailed(let failure):
            writer.string("failure", failure.kind.rawValue)
            writer.string("reason", failure.reason)
            if let wait = failure.retryAfter { writer.seconds("retryAfterSeconds", wait) }
        case .timedOut(let limit): writer.seconds("afterSeconds", limit)
        case .finished, .cancelled, .handedOff, .interrupted, .notBegun: break
        }
    }

    init(_ reader: MemberReader) throws(FactCodecError) {
        switch try reader.string("outcome") {
        case "finished": self = .finished
        case "failed": self = .failed(reason: try reader.string("reason"))
        case "agent-failed":
            self = .agentFailed(
                AgentFailure(
                    try reader.word("failure", as: AgentFailure.Kind.self), try reader.string("reason"),
                    retryAfter: try reader.findSeconds("retryAfterSeconds")))
        case "timed-out": self = .timedOut(after: try reader.seconds("afterSeconds"))
        case "cancelled": self = .cancelled
        case "handed-off": self = .handedOff
        case "worker-lost": self = .workerLost(reason: try reader.string("reason"))
        case "interrupted": self = .interrupted
        case "not-begun": self = .notBegun
        default: throw reader.malformed("outcome", "a word coord knows")
        }
    }
}

extension GateReport {
    func write(to writer: inout MemberWriter) {
        writer.string("outcome", outcome.rawValue)
        writer.string("command", command)
        exit?.write(to: &writer)
        writer.seconds("durationSeconds", duration)
        writer.integer("testCount", testCount)
        writer.integer("skipCount", skipCount)
        writer.string("reason", reason)
        writer.string("tail", tail)
    }

    init(_ reader: MemberReader) throws(FactCodecError) {
        self.init(
            outcome: try reader.word("outcome", as: GateOutcome.self), command: try reader.string("command"),
            exit: try ExitOutcome.find(reader), duration: try reader.seconds("durationSeconds"),
            testCount: try reader.findInteger("testCount"),
            skipCount: try reader.findInteger("skipCount"), reason: try reader.string("reason"),
            tail: try reader.string("tail"))
    }
}

extension Usage {
    func write(to writer: inout MemberWriter) {
        writer.string("id", id)
        writer.string("model", model)
        writer.integer("inputTokens", tokens.input)
        writer.integer("outputTokens", tokens.output)
        writer.integer("cacheReadTokens", tokens.cacheRead)
        writer.integer("cacheWriteTokens", tokens.cacheWrite)
        writer.money("reportedUSD", cost)
        if source != .agent { writer.string("source", source.rawValue) }
        if isEstimated { writer.flag("estimated", true) }
    }

    init(_ reader: MemberReader) throws(FactCodecError) {
        self.init(
            id: try reader.findString("id"), model: try reader.string("model"),
            tokens: TokenCounts(
                input: Int64(try reader.integer("inputTokens")),
                output: Int64(try reader.integer("outputTokens")),
                cacheRead: Int64(try reader.integer("cacheReadTokens")),
                cacheWrite: Int64(try reader.integer("cacheWriteTokens"))),
            cost: try reader.findMoney("reportedUSD"),
            source: try reader.findWord("source", as: UsageSource.self) ?? .agent,
            isEstimated: try reader.find("estimated", "true or false", \.boolValue) ?? false)
    }
}
