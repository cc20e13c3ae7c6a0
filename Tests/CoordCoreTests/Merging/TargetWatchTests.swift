import CoordModel
import Testing

@testable import CoordCore

@Suite("Target watch")
struct TargetWatchTests {
    private let start = Timestamp(milliseconds: 1_000_000)

    @Test("looks follow each other at a distance, one at a time, as long as something is on its way")
    func distance() {
        var watch = TargetWatch(every: .milliseconds(500))
        #expect(watch.deadline == nil)
        let steps: [(ms: Int64, isBusy: Bool, isDue: Bool, next: Int64?)] = [
            (0, true, false, 500), (499, true, false, 500), (500, true, true, nil), (9000, true, false, nil),
        ]
        for step in steps {
            let isDue = watch.isDue(isBusy: step.isBusy, at: start + .milliseconds(step.ms))
            #expect(isDue == step.isDue, "after \(step.ms) ms")
            #expect(watch.deadline == step.next.map { start + .milliseconds($0) }, "after \(step.ms) ms")
        }
        watch.looked()
        #expect(watch.deadline == start + .seconds(1))
        let whenIdle = watch.isDue(isBusy: false, at: start + .seconds(9))
        #expect(!whenIdle && watch.deadline == nil)
        var off = TargetWatch(every: nil)
        let whenOff = off.isDue(isBusy: true, at: start)
        #expect(!whenOff && off.deadline == nil)
    }

    @Test("where the first candidate was built is known without a look")
    func beginning() {
        var watch = TargetWatch(every: .seconds(1))
        watch.begins(at: nil)
        watch.begins(at: oid("1"))
        watch.begins(at: oid("2"))
        let seen = watch.saw(oid("2"), by: "A", at: start)
        #expect(seen == .targetMoved(commit: oid("2"), by: "A", times: 1, since: start))
    }

    @Test("moves are counted from one landing to the next; what coord did itself is none")
    func counting() {
        var watch = TargetWatch(every: .seconds(1))
        let second = start + .seconds(5)
        let seen = [
            watch.saw(oid("1"), by: "A", at: start), watch.saw(oid("1"), by: "", at: start),
            watch.saw(oid("2"), by: "A", at: start), watch.saw(oid("3"), by: "B", at: second),
        ]
        #expect(
            seen == [
                nil, nil, .targetMoved(commit: oid("2"), by: "A", times: 1, since: start),
                .targetMoved(commit: oid("3"), by: "B", times: 2, since: start),
            ])
        watch.landed(oid("4"))
        let later = [watch.saw(oid("4"), by: "", at: second), watch.saw(oid("5"), by: "A", at: second)]
        #expect(later == [nil, .targetMoved(commit: oid("5"), by: "A", times: 1, since: second)])
    }
}
