import CoordCore
import CoordModel
import Testing

@Suite("Audit of landings")
struct LandingAuditTests {
    private static func object(_ number: Int) -> ObjectID {
        let digits = String(number, radix: 16)
        return ObjectID(String(repeating: "0", count: 40 - digits.count) + digits)!
    }
    private static let run: RunID = "r"
    private static let start = object(1)

    /// A run that landed three tasks: `a` alone, `b` and `c` together.
    private struct Story {
        var facts: [Fact] = []
        var chain: [ChainCommit] = []

        init() {
            land("a", [2])
            land("b", [3, 4], names: ["b", "c"])
        }

        mutating func add(_ body: Fact.Body) {
            facts.append(Fact(time: Timestamp(milliseconds: 0), body: body))
        }

        private mutating func land(_ first: String, _ numbers: [Int], names: [String]? = nil) {
            let from = chain.last?.commit ?? LandingAuditTests.start
            let tip = LandingAuditTests.object(numbers.last!)
            let names = names ?? [first]
            for (name, number) in zip(names, numbers) {
                let lease = Lease(task: TaskID(name), attempt: 1)
                let commit = LandingAuditTests.object(number), tree = LandingAuditTests.object(number + 100)
                add(.leaseGranted(lease, worker: "w-1"))
                if commit == tip {
                    add(
                        .gateFinished(
                            lease, tree: tree,
                            GateReport(
                                outcome: .passed, command: "test", exit: nil, duration: .zero, reason: "",
                                tail: "")))
                }
                chain.append(
                    ChainCommit(
                        commit: commit, tree: tree, parents: [chain.last?.commit ?? LandingAuditTests.start],
                        subject: name, run: "r", task: name, attempt: "1", worker: "w-1"))
            }
            for (name, number) in zip(names, numbers) {
                let lease = Lease(task: TaskID(name), attempt: 1)
                add(.landingStarted(lease, commit: LandingAuditTests.object(number), from: from, tip: tip))
            }
            for (name, number) in zip(names, numbers) {
                add(
                    .taskLanded(
                        Lease(task: TaskID(name), attempt: 1), commit: LandingAuditTests.object(number),
                        tree: LandingAuditTests.object(number + 100)))
            }
        }

        var audit: LandingAudit {
            LandingAudit(
                run: LandingAuditTests.run, facts: facts, start: LandingAuditTests.start, chain: chain)
        }
    }

    @Test("A run that did as it says has no findings")
    func clean() {
        let audit = Story().audit
        #expect(audit.findings == [])
        #expect(audit.landings == 3)
        #expect(audit.foreign == [])
    }

    @Test("Commits of others are named and are no finding")
    func foreign() {
        var story = Story()
        story.chain.append(
            ChainCommit(
                commit: Self.object(9), tree: Self.object(109), parents: [Self.object(4)], subject: "by hand")
        )
        #expect(story.audit.findings == [])
        #expect(story.audit.foreign.map(\.subject) == ["by hand"])
    }

    /// What may be wrong, and the words that tell it.
    private static let faults: [(name: String, change: @Sendable (inout Story) -> Void, words: String)] = [
        ("a swapped tree", { $0.chain[0].tree = object(500) }, "its tree is"),
        ("a swapped commit", { $0.chain[2].commit = object(50) }, "with the same files"),
        (
            "another commit and other files",
            {
                $0.chain[2].commit = object(50)
                $0.chain[2].tree = object(51)
            }, "with other files"
        ),
        ("an unknown task", { $0.chain[0].task = "zebra" }, "which the journal never landed"),
        ("a second landing", { $0.chain.append($0.chain[0]) }, "landed before"),
        ("another attempt", { $0.chain[0].attempt = "2" }, "it names attempt 2"),
        ("another worker", { $0.chain[0].worker = "w-2" }, "it names worker `w-2`"),
        (
            "no gate", { $0.facts.removeAll { if case .gateFinished = $0.body { true } else { false } } },
            "no passed gate"
        ),
        (
            "no intent", { $0.facts.removeAll { if case .landingStarted = $0.body { true } else { false } } },
            "no intent"
        ),
        ("a lost commit", { $0.chain.removeLast() }, "does not hold any more"),
        ("a lost start", { $0.chain[0].parents = [object(77)] }, "does not go on from"),
        (
            "a commit slipped in between",
            {
                $0.chain.insert(
                    ChainCommit(commit: object(60), tree: object(61), parents: [], subject: "slipped in"),
                    at: 1)
            }, "it stands on"
        ),
    ]

    @Test("Every fault is found and named", arguments: 0..<faults.count)
    func fault(_ number: Int) {
        let fault = Self.faults[number]
        var story = Story()
        fault.change(&story)
        let found = story.audit.findings
        #expect(found.contains { $0.what.contains(fault.words) }, "\(fault.name): \(found.map(\.what))")
        #expect(found.allSatisfy { !$0.hint.isEmpty })
    }
}
