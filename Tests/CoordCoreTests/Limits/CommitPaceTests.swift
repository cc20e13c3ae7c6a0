import Testing

@testable import CoordCore

@Suite struct CommitPaceTests {
    /// Two slots, a commit of 400 µs, and the first task answered after 100 µs.
    private func pace(answerAfter: Int64 = 100_000, commit: Int64 = 400_000) -> CommitPace {
        var pace = CommitPace(slots: 2)
        pace.committed(in: commit)
        pace.handedOut(to: 0, at: 0)
        pace.handedOut(to: 1, at: 0)
        pace.answered(0, at: answerAfter)
        return pace
    }

    @Test func `A quick answer waits half a commit for the other worker's`() {
        #expect(pace().patience(at: 100_000) == 200_000)
    }

    @Test func `Nobody is waited for when all have answered`() {
        var pace = pace()
        pace.answered(1, at: 110_000)
        #expect(pace.patience(at: 110_000) == 0)
    }

    @Test func `A worker that takes longer than two commits is not waited for`() {
        #expect(pace().patience(at: 800_000) == 0)
    }

    @Test func `Long tasks never make a turn wait`() {
        var pace = pace(answerAfter: 5_000_000)
        pace.handedOut(to: 0, at: 5_000_000)
        #expect(pace.patience(at: 5_000_100) == 0)
    }

    @Test func `A journal in memory never makes a turn wait`() {
        #expect(pace(answerAfter: 5_000, commit: 10_000).patience(at: 5_000) == 0)
    }

    @Test func `However slow the disk is, the wait has an end`() {
        #expect(pace(commit: 80_000_000).patience(at: 100_000) == 1_000_000)
    }

    @Test func `After a commit somebody has to be quick again`() {
        var pace = pace()
        pace.committed(in: 400_000)
        #expect(pace.patience(at: 100_000) == 0)
    }
}
