package import CoordModel

/// What coord can hold a session's claims against: git's word and the gate's record, never another claim.
package struct HandoffEvidence: Sendable, Equatable {
    /// What the work changes against its base.
    package var changed: [String]
    /// The commits of the work, as their whole names.
    package var commits: [ObjectID]
    /// How the commands that decide ended when coord ran them on exactly this work.
    package var checks: [HandoffDocument.Check]

    package init(
        changed: [String] = [], commits: [ObjectID] = [], checks: [HandoffDocument.Check] = []
    ) {
        self.changed = changed
        self.commits = commits
        self.checks = checks
    }
}

/// Marks each claim of a handoff as confirmed, refuted or unchecked.
package enum HandoffVerification {
    /// What a session said, held against the evidence. `exists` tells whether the worktree has a file.
    package static func claims(
        _ notes: HandoffNotes, against evidence: HandoffEvidence, exists: (String) -> Bool
    ) -> [HandoffDocument.Claim] {
        let changed = Set(evidence.changed)
        var claims = (notes.items[.done] ?? []).map { check($0, changed, evidence, exists) }
        let missing = notes.files.filter { !changed.contains($0) }
        if !missing.isEmpty {
            claims.append(
                .init(
                    "Changed " + missing.prefix(20).map { "`\($0)`" }.joined(separator: ", "), .refuted,
                    evidence: "git shows no change there"))
        }
        return claims
    }

    private static func check(
        _ text: String, _ changed: Set<String>, _ evidence: HandoffEvidence, _ exists: (String) -> Bool
    ) -> HandoffDocument.Claim {
        var findings: [(HandoffDocument.Finding, String)] = []
        let words = Self.words(text)
        let paths = words.filter(isPath)
        if !paths.isEmpty {
            let known = paths.filter { path in changed.contains(path) || isFolder(path, of: evidence.changed)
            }
            if let absent = paths.first(where: { !known.contains($0) && !exists($0) }) {
                findings.append((.refuted, "there is no `\(absent)`"))
            } else if known.count == paths.count {
                findings.append((.confirmed, "git shows the change"))
            } else {
                findings.append((.unchecked, ""))
            }
        }
        for name in words.filter(isCommitName) {
            let found = evidence.commits.contains { $0.rawValue.hasPrefix(name.lowercased()) }
            findings.append(
                found ? (.confirmed, "the commit is there") : (.refuted, "there is no such commit"))
        }
        if claimsSuccess(text) { findings.append(outcome(of: evidence.checks)) }
        // One thing that is not so refutes; all must be seen to confirm.
        if let refuted = findings.first(where: { $0.0 == .refuted }) {
            return .init(text, .refuted, evidence: refuted.1)
        }
        guard !findings.isEmpty, findings.allSatisfy({ $0.0 == .confirmed }) else { return .init(text) }
        return .init(text, .confirmed, evidence: findings[0].1)
    }

    private static func outcome(
        of checks: [HandoffDocument.Check]
    ) -> (HandoffDocument.Finding, String) {
        if let failed = checks.first(where: { $0.outcome == .failed }) {
            return (.refuted, "\(failed.command) failed")
        }
        let isAllRun = !checks.isEmpty && checks.allSatisfy { $0.outcome == .passed }
        return isAllRun ? (.confirmed, "coord saw them pass") : (.unchecked, "")
    }

    /// `all tests pass`, `checks are green`, `make test succeeds`.
    private static func claimsSuccess(_ text: String) -> Bool {
        let text = text.lowercased()
        let subjects = ["test", "check", "gate", "build", "lint"]
        let verbs = ["pass", "green", "succeed"]
        return subjects.contains { text.holds($0) } && verbs.contains { text.holds($0) }
    }

    // MARK: - Words

    private static func words(_ text: String) -> [String] {
        text.split { $0.isWhitespace || "`\"'(),;[]<>".contains($0) }.map { word in
            var word = String(word)
            while let last = word.last, ".:!?".contains(last) { word.removeLast() }
            return word
        }
    }

    /// A word that can only be a path: it has a slash or a short ending, and nothing of an address.
    private static func isPath(_ word: String) -> Bool {
        guard word.utf8.count <= 512, !word.holds("://"), !word.hasPrefix("/"), !word.hasPrefix("-"),
            !word.holds("..")
        else { return false }
        let name = word.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else {
            return word.holds("/") && name.count > 1 && word.utf8.allSatisfy(isPathByte)
        }
        let ending = name[name.index(after: dot)...]
        let isEnding =
            (1...5).contains(ending.count) && ending.allSatisfy { $0.isASCII && $0.isLetter || $0.isNumber }
        return isEnding && ending.contains(where: \.isLetter) && word.utf8.allSatisfy(isPathByte)
            // `e.g`, `i.e`, `v1.x` are words, not files.
            && (word.holds("/") || name.count - ending.count > 2)
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "@"):
            true
        default: byte >= 0x80
        }
    }

    private static func isFolder(_ path: String, of files: [String]) -> Bool {
        let folder = path.hasSuffix("/") ? path : path + "/"
        return files.contains { $0.hasPrefix(folder) }
    }

    /// Seven to sixty-four hexadecimal digits with at least one of each kind: no word and no number.
    private static func isCommitName(_ word: String) -> Bool {
        let bytes = word.utf8
        guard (7...64).contains(bytes.count) else { return false }
        let digits = bytes.count { (0x30...0x39).contains($0) }
        let letters = bytes.count { (0x61...0x66).contains($0) || (0x41...0x46).contains($0) }
        return digits > 0 && letters > 0 && digits + letters == bytes.count
    }
}
