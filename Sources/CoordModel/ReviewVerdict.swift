/// What a reviewer says of a candidate: it may go on, or what has to change first.
package struct ReviewVerdict: Hashable, Sendable {
    /// One thing that has to change, or that is worth knowing.
    package struct Finding: Hashable, Sendable {
        /// A path of the project.
        package var file: String
        /// From 1; nil: the whole file.
        package var line: Int?
        package var reason: String

        package init(file: String, line: Int? = nil, reason: String) {
            self.file = file
            self.line = line
            self.reason = reason
        }
    }

    package var approves: Bool
    package var findings: [Finding]
    package var summary: String

    package init(approves: Bool, findings: [Finding] = [], summary: String = "") {
        self.approves = approves
        self.findings = findings
        self.summary = summary
    }

    /// The summary and the findings as text, for the next attempt and for people.
    package var text: String {
        let lines = findings.map { finding in
            "- \(finding.file)" + (finding.line.map { ":\($0)" } ?? "") + ": \(finding.reason)"
        }
        return ((summary.isEmpty ? [] : [summary]) + lines).joined(separator: "\n")
    }

    /// The shortest that says why, on one line.
    package var gist: String {
        if !summary.isEmpty { return summary }
        return findings.first.map { "\($0.file): \($0.reason)" } ?? ""
    }
}
