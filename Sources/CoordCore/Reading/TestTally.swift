package import CoordModel

/// How many tests a gate ran and skipped, to be compared with what it did on the target before.
package struct TestTally: Sendable, Hashable {
    /// Nil: its output did not say.
    package var ran: Int?
    package var skipped: Int

    package init(_ report: GateReport) {
        ran = report.testCount
        skipped = report.skipCount ?? 0
    }

    /// What was lost since, as a clause; nil when nothing was.
    package func loss(since before: TestTally) -> String? {
        guard let was = before.ran else { return nil }
        guard let ran else { return "the gate no longer says how many tests ran; before it ran \(was)" }
        if ran < was { return "the gate ran fewer tests: \(ran), before \(was)" }
        if skipped > before.skipped {
            return "the gate skipped more tests: \(skipped), before \(before.skipped)"
        }
        return nil
    }
}
