package import CoordJSON
package import CoordModel

// Handoffs as they are journalled, asked for, and spoken of on a worker's pipe.

// MARK: - Facts

extension FactCodec {
    static func handoffMembers(of body: Fact.Body, to writer: inout MemberWriter) {
        switch body {
        case .handoffBegan(_, _, let order): order.write(to: &writer)
        case .handoffStepEnded(_, let step, let outcome):
            writer.string("step", step.rawValue)
            writer.string("outcome", outcome.kind)
            writer.string("detail", outcome.detail)
        case .handoffPrepared(_, let sheet): sheet.write(to: &writer)
        case .handoffAcknowledged(_, let text): writer.string("text", text)
        case .handoffUnacknowledged(_, let reason), .handoffWithdrawn(_, let reason):
            writer.string("reason", reason)
        default: preconditionFailure("not a fact of a handoff: \(body.type)")
        }
    }
}

extension FactDecoding {
    func handoff() throws(FactCodecError) -> Fact.Body {
        switch type {
        case .handoffBegan: .handoffBegan(try lease, worker: try worker, try HandoffOrder(members))
        case .handoffStepEnded:
            .handoffStepEnded(
                try lease, try members.word("step", as: HandoffStep.self), try HandoffStepOutcome(members))
        case .handoffPrepared: .handoffPrepared(try lease, try HandoffSheet(members))
        case .handoffAcknowledged: .handoffAcknowledged(try lease, text: try members.string("text"))
        case .handoffUnacknowledged: .handoffUnacknowledged(try lease, reason: try members.string("reason"))
        case .handoffWithdrawn: .handoffWithdrawn(try lease, reason: try members.string("reason"))
        default: preconditionFailure("not a fact of a handoff: \(type)")
        }
    }
}

extension HandoffStepOutcome {
    init(_ reader: MemberReader) throws(FactCodecError) {
        let detail = try reader.string("detail")
        switch try reader.string("outcome") {
        case "done": self = .done(detail)
        case "skipped": self = .skipped(detail)
        case "failed": self = .failed(detail)
        default: throw reader.malformed("outcome", "an outcome of a step")
        }
    }
}

extension HandoffOrder {
    func write(to writer: inout MemberWriter) {
        writer.string("to", to.description)
        if push { writer.flag("push", true) }
        writer.string("reason", reason)
        if isAutomatic { writer.flag("automatic", true) }
        if resumes { writer.flag("resumes", true) }
    }

    init(_ reader: MemberReader) throws(FactCodecError) {
        let place = try reader.string("to")
        guard let target = HandoffTarget(place) else {
            throw reader.malformed("to", "whom a handoff can be for")
        }
        self.init(
            to: target, push: try reader.find("push", "true or false", \.boolValue) ?? false,
            reason: try reader.string("reason"),
            isAutomatic: try reader.find("automatic", "true or false", \.boolValue) ?? false,
            resumes: try reader.find("resumes", "true or false", \.boolValue) ?? false)
    }
}

extension HandoffSheet {
    func write(to writer: inout MemberWriter) {
        writer.string("document", file)
        writer.string("origin", origin.rawValue)
        writer.string("commit", commit?.rawValue)
        writer.string("base", base?.rawValue)
        writer.integer("files", files)
        writer.strings("remaining", remaining)
        writer.integer("confirmed", confirmed)
        writer.integer("refuted", refuted)
        writer.integer("unchecked", unchecked)
        writer.string("rescue", rescue)
    }

    init(_ reader: MemberReader) throws(FactCodecError) {
        self.init(
            file: try reader.string("document"),
            origin: try reader.word("origin", as: HandoffDocument.Origin.self),
            commit: try reader.findObject("commit"), base: try reader.findObject("base"),
            files: try reader.integer("files"), remaining: try reader.strings("remaining"),
            confirmed: try reader.integer("confirmed"), refuted: try reader.integer("refuted"),
            unchecked: try reader.integer("unchecked"), rescue: try reader.findString("rescue"))
    }
}

// MARK: - Records

extension HandoffRecord {
    /// A task's last handoff, as the journal's tables keep it.
    package var json: JSONValue {
        MemberWriter.tree {
            $0.integer("number", number)
            $0.integer("automaticCount", automatic)
            $0.object("order") { order.write(to: &$0) }
            $0.integer("attempt", attempt)
            $0.string("from", from.rawValue)
            $0.time("beganAt", beganAt)
            $0.string("state", state.rawValue)
            $0.time("since", since)
            $0.string("step", step.rawValue)
            $0.string("problem", problem)
            if let sheet { $0.object("sheet") { sheet.write(to: &$0) } }
        }
    }

    /// Reads what `json` gives.
    package init(json: JSONValue) throws(FactCodecError) {
        let reader = try MemberReader(json, type: "handoff")
        self.init(
            number: try reader.integer("number"), automatic: try reader.integer("automaticCount"),
            order: try HandoffOrder(reader.members("order")), attempt: try reader.integer("attempt"),
            from: try reader.name("from", as: WorkerID.self), at: try reader.time("beganAt"))
        state = try reader.word("state", as: State.self)
        since = try reader.time("since")
        step = try reader.word("step", as: HandoffStep.self)
        problem = try reader.findString("problem")
        sheet = try reader.findMembers("sheet").map { (sheet) throws(FactCodecError) in
            try HandoffSheet(sheet)
        }
    }
}

// MARK: - Commands

extension HandoffOrder {
    /// The members of a request for a handoff.
    var members: JSONValue { MemberWriter.tree { write(to: &$0) } }

    init(members: JSONValue) throws(CommandCodec.Failure) {
        do throws(FactCodecError) { self = try HandoffOrder(MemberReader(members, type: "hand-off")) } catch {
            throw CommandCodec.Failure(reason: "\(error)")
        }
    }
}

// MARK: - The worker's pipe

extension AgentReport {
    /// Writes a report that concerns handoffs.
    func writeHandoff(_ run: RunID, _ lease: Lease, to output: inout [UInt8]) {
        switch self {
        case .handoffAsked(let accepted):
            output.beginNotification("handoff-asked")
            output.members(run, lease)
            output.member("accepted", accepted)
        case .handoffWished(let reason):
            output.beginNotification("handoff-wished")
            output.members(run, lease)
            output.member("reason", reason)
        case .acknowledged(let text):
            output.beginNotification("acknowledged")
            output.members(run, lease)
            output.member("text", text)
        case .context(let used, let window):
            output.beginNotification("context")
            output.members(run, lease)
            output.member("usedTokens", used)
            if let window { output.member("windowTokens", window) }
        default: preconditionFailure("no report about a handoff: \(self)")
        }
    }
}

extension Members {
    /// Nil: not about a handoff.
    func handoffReport() throws(WireError) -> AgentReport? {
        let limits = AgentEventParser.Limits.self
        switch method {
        case "handoff-asked": return .handoffAsked(accepted: try flag("accepted", otherwise: false))
        case "handoff-wished", "handoff-wanted":
            let reason = try optionalText("reason") ?? "the agent asked for it"
            return .handoffWished(reason: AgentEventParser.prefix(reason, limits.textBytes))
        case "acknowledged": return .acknowledged(AgentEventParser.prefix(try text("text"), limits.textBytes))
        case "ack": return .acknowledged(AgentEventParser.prefix(try text("next"), limits.textBytes))
        case "context":
            return .context(
                used: try integer("usedTokens", 0...limits.tokensPerCall),
                window: try optionalInteger("windowTokens", 1...limits.tokensPerCall))
        default: return nil
        }
    }
}
