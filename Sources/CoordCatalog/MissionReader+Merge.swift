import CoordModel

extension MissionReader {
    func merge(_ value: LocatedValue?) -> MergeSettings {
        var merge = MergeSettings()
        guard let value, let fields = Fields<MergeKey>(value, subject: "`merge`", problems: problems) else {
            return merge
        }
        merge.target = branch(fields)
        merge.gate = fields.strings(.gate, of: "commands").map(\.text)
        merge.gateTimeout = fields.seconds(.gateTimeoutSeconds, in: MissionRange.seconds) ?? merge.gateTimeout
        merge.review = review(fields)
        merge.parallel = fields.whole(.parallel, in: MissionRange.parallel) ?? merge.parallel
        merge.batch = fields.whole(.batch, in: MissionRange.batch) ?? merge.batch
        merge.protected = globs(fields, .protected)
        merge.deliver = fields.choice(.deliver, of: Delivery.self) ?? merge.deliver
        merge.remote = remote(fields)
        merge.style = fields.choice(.style, of: MergeStyle.self) ?? merge.style
        return merge
    }

    private func branch(_ fields: Fields<MergeKey>) -> String? {
        guard let text = fields.line(.target) else { return nil }
        guard let reason = BranchName.problem(text) else { return text }
        problems.error(
            at: fields.position(of: .target),
            "`target` of `merge` is `\(text)`, which is no name of a branch: \(reason)",
            hint: text.hasPrefix("refs/heads/") ? "Write `\(text.dropFirst(11))`" : nil)
        return nil
    }

    private func remote(_ fields: Fields<MergeKey>) -> String? {
        guard let text = fields.line(.remote) else { return nil }
        // Git's rule for names of remotes is that of a branch; an address would be read as a path of one.
        guard let reason = BranchName.problem(text) else { return text }
        problems.error(
            at: fields.position(of: .remote),
            "`remote` of `merge` is `\(text)`, which is no name of a remote: \(reason)",
            hint: text.contains(":") ? "Give it a name first: `git remote add NAME \(text)`" : nil)
        return nil
    }

    private func review(_ fields: Fields<MergeKey>) -> Review {
        guard let text = fields.line(.review) else { return .none }
        let position = fields.position(of: .review)
        switch Review(text) {
        case .role(let role):
            return names.role(role.rawValue, at: position, usedBy: "`review` of `merge`", problems)
                .map { .role($0) } ?? .none
        case let review?: return review
        case nil:
            let isRole = names.roles[RoleID(text)] != nil
            problems.error(
                at: position,
                "`review` of `merge` is `\(text)`, but must be one of `none`, `human`, `role:<role>`",
                hint: isRole
                    ? "Write `role:\(text)`"
                    : Suggestion.nearest(to: text, among: ["none", "human"]).map { "Did you mean `\($0)`?" })
            return .none
        }
    }
}

/// The rules of `git check-ref-format --branch`, as far as they concern a name somebody types.
enum BranchName {
    /// Why the text cannot be the name of a branch; nil when it can.
    static func problem(_ text: String) -> String? {
        if text.utf8.count > 200 { return "it is longer than 200 bytes" }
        if text == "HEAD" || text == "@" { return "git uses the name itself" }
        if text.hasPrefix("refs/") { return "it is the full name of a reference" }
        if text.hasPrefix("-") { return "it starts with a dash" }
        if text.contains("..") { return "it holds `..`" }
        if text.contains("@{") { return "it holds `@{`" }
        if let bad = text.unicodeScalars.first(where: {
            " ~^:?*[\\\u{7F}".unicodeScalars.contains($0) || $0.value < 32
        }) {
            return bad.value <= 32 || bad.value == 0x7F
                ? "it holds a space or control character" : "it holds `\(Character(bad))`"
        }
        for part in text.split(separator: "/", omittingEmptySubsequences: false) {
            if part.isEmpty { return "a `/` stands first, last or doubled" }
            if part.hasPrefix(".") { return "a part starts with a dot" }
            if part.hasSuffix(".lock") { return "a part ends in `.lock`" }
        }
        return text.hasSuffix(".") ? "it ends with a dot" : nil
    }
}
