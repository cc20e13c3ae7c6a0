import CoordJSON
import CoordModel

// A verdict as it is journalled, and as it travels from an agent's output to the coordinator.

extension ReviewVerdict {
    func write(to writer: inout MemberWriter) {
        writer.flag("approve", approves)
        writer.objects("findings", findings) { finding, writer in
            writer.string("file", finding.file)
            writer.integer("line", finding.line)
            writer.string("reason", finding.reason)
        }
        writer.string("summary", summary)
    }

    /// Nil: there is none.
    static func find(_ reader: MemberReader) throws(FactCodecError) -> ReviewVerdict? {
        guard let approves = try reader.find("approve", "true or false", \.boolValue) else { return nil }
        let findings = try reader.objects("findings") { finding throws(FactCodecError) in
            Finding(
                file: try finding.string("file"), line: try finding.findInteger("line"),
                reason: try finding.string("reason"))
        }
        return ReviewVerdict(
            approves: approves, findings: findings, summary: try reader.findString("summary") ?? "")
    }

    /// The members of a message, which are those of the agent's event.
    func write(to output: inout [UInt8]) {
        output.member("approve", approves)
        output.member("findings", .array(findings.map(\.json)))
        output.member("summary", summary)
    }
}

extension ReviewVerdict.Finding {
    fileprivate var json: JSONValue {
        let line = line.map { JSONValue.integer(Int64($0)) } ?? .null
        return ["file": .string(file), "line": line, "reason": .string(reason)]
    }
}

extension Members {
    /// Reads a verdict. Texts are cut to their limits; a verdict that asks for changes must say which.
    func verdict() throws(WireError) -> ReviewVerdict {
        guard let approves = object["approve"]?.boolValue else {
            guard object["approve"] != nil else { throw .missing(member: "approve", method: method) }
            throw .wrong(member: "approve", method: method, wanted: "true or false")
        }
        let summary = AgentEventParser.prefix(
            try optionalText("summary") ?? "", AgentEventParser.Limits.textBytes)
        let findings = try findings()
        guard approves || !findings.isEmpty || !summary.isEmpty else {
            throw .wrong(member: "findings", method: method, wanted: "what has to change")
        }
        return ReviewVerdict(approves: approves, findings: findings, summary: summary)
    }

    private func findings() throws(WireError) -> [ReviewVerdict.Finding] {
        guard let value = object["findings"], !value.isNull else { return [] }
        guard let items = value.arrayValue, items.count <= AgentEventParser.Limits.listItems else {
            throw .wrong(
                member: "findings", method: method,
                wanted: "a list of at most \(AgentEventParser.Limits.listItems) findings")
        }
        var findings: [ReviewVerdict.Finding] = []
        for item in items {
            guard case .object(let object) = item else {
                throw .wrong(member: "findings", method: method, wanted: "a list of findings")
            }
            let finding = Members(method: "a finding of `\(method)`", object: object)
            let line = try finding.optionalInteger("line", 1...Int64(Int32.max))
            findings.append(
                ReviewVerdict.Finding(
                    file: AgentEventParser.prefix(
                        try finding.text("file"), AgentEventParser.Limits.textBytes),
                    line: line.map { Int($0) },
                    reason: AgentEventParser.prefix(
                        try finding.text("reason"), AgentEventParser.Limits.textBytes)))
        }
        return findings
    }
}
