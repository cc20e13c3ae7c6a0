import CoordCore
import CoordModel
import Testing

@Suite("Restart policy")
struct RestartPolicyTests {
    private var chance = SeededGenerator(seed: 7)

    /// The verdicts over a life told as "up for so long, then died": each number is the seconds it was up; 0
    /// is a start that failed. The next start follows as the verdict says.
    private mutating func verdicts(_ lives: [Double?]) -> [String] {
        var policy = RestartPolicy()
        var now = at(0)
        return lives.map { life in
            if let life {
                policy.started(at: now)
                now = now + .milliseconds(Int64(life * 1000))
            }
            switch policy.failed(at: now, chance: &chance) {
            case .now: return "now"
            case .after(let until):
                let delay = until - now
                now = until
                return "≤\(ceiling(of: delay))"
            case .offline(let until, _):
                #expect(until - now == .seconds(30))
                now = until
                return "offline"
            }
        }
    }

    /// The lowest step of 250 ms · 2ⁿ, at most 60 s, that holds the delay.
    private func ceiling(of delay: Duration) -> Double {
        var step = 0.25
        while step < delay.inSeconds { step = min(60, step * 2) }
        return step
    }

    @Test("the first restart after ten seconds well is immediate, then it waits")
    mutating func immediate() {
        let verdicts = verdicts([12, 1])
        #expect(verdicts[0] == "now" && verdicts[1].hasPrefix("≤"))
    }

    @Test("the delay is drawn evenly from nothing up to 250 ms, then twice as much each time, up to a minute")
    mutating func fullJitter() {
        for failures in 1...12 {
            let ceiling = min(60_000, 250 << min(failures - 1, 10))
            var longest: Int64 = 0
            for seed in 0..<200 {
                var policy = RestartPolicy()
                var chance = SeededGenerator(seed: UInt64(seed))
                var verdict = RestartPolicy.Verdict.now
                for round in 1...failures {
                    // Too far apart for the intensity, too young to be well.
                    let start = Double((round - failures) * 100)
                    policy.proved()
                    policy.started(at: at(start))
                    verdict = policy.failed(at: at(start + 1), chance: &chance)
                }
                guard case .after(let until) = verdict else {
                    Issue.record("\(verdict) after \(failures) failures")
                    return
                }
                longest = max(longest, (until - at(1)).wholeMilliseconds)
            }
            #expect(longest <= ceiling && longest > ceiling * 8 / 10, "\(failures)")
        }
    }

    @Test("three failures in a row open the circuit for 30 s, a failed trial opens it again")
    mutating func circuit() {
        #expect(verdicts([1, 1, 1, 1, 1]).suffix(3) == ["offline", "offline", "offline"])
    }

    @Test("an attempt that ended properly breaks the row, and the slot truly comes back")
    mutating func proof() {
        var policy = RestartPolicy()
        for round in 0..<10 {
            let start = Double(round) * 30
            policy.started(at: at(start))
            if case .offline = policy.failed(at: at(start + 1), chance: &chance) {
                Issue.record("the row was broken")
            }
            policy.started(at: at(start + 2))
            policy.proved()
        }
    }

    @Test("five failures within a minute open the circuit as well, whatever was proved in between")
    mutating func intensity() {
        for (gap, opens) in [(14.0, true), (16.0, false)] {
            var policy = RestartPolicy()
            var reasons: [String] = []
            for round in 0..<6 {
                policy.started(at: at(Double(round) * gap))
                policy.proved()
                let verdict = policy.failed(at: at(Double(round) * gap + 1), chance: &chance)
                if case .offline(_, let reason) = verdict { reasons.append(reason) }
            }
            #expect(reasons.first == (opens ? "it failed 5 times in 60 s" : nil))
        }
    }

    /// What becomes of a trial that lives so long before it fails: the circuit opens again, or it had closed.
    @Test(
        "a trial that is well for ten seconds, or ends an attempt, closes the circuit",
        arguments: [false, true])
    mutating func halfOpen(proves: Bool) {
        for (life, closes) in [(9.0, proves), (11.0, true)] {
            var policy = RestartPolicy()
            for _ in 0..<3 {
                policy.started(at: at(0))
                _ = policy.failed(at: at(1), chance: &chance)
            }
            policy.started(at: at(31))
            if proves { policy.proved() }
            let verdict = policy.failed(at: at(31 + life), chance: &chance)
            if case .offline(_, let reason) = verdict {
                #expect(!closes && reason == "its trial failed")
            } else {
                #expect(closes, "\(verdict)")
            }
        }
    }

    @Test("five minutes well forget everything")
    mutating func forgetting() {
        #expect(verdicts([1, 1, 300, 1, 1]).last == "offline")
        #expect(verdicts([1, 1, 300])[2] == "now")
        #expect(verdicts([1, 1, 299])[2] == "offline")
    }

    @Test("a start that fails does not borrow the long life of its predecessor")
    mutating func failedStarts() {
        let verdicts = verdicts([400, nil, nil, nil])
        #expect(
            verdicts[0] == "now" && verdicts[1].hasPrefix("≤") && verdicts[2...] == ["offline", "offline"])
    }
}

@Suite("Pace of starts")
struct StartPaceTests {
    @Test(
        "sixty-four that ask at once are given turns: at most sixteen in a second, the last after 3.2 s")
    func massDeath() {
        var pace = StartPace()
        let turns = (0..<64).map { _ in (pace.take(at: at(0)) - at(0)).inSeconds }
        for turn in turns { #expect(turns.count { $0 >= turn && $0 < turn + 1 } <= 16) }
        #expect(turns.prefix(16).allSatisfy { $0 == 0 } && turns.last == 3.15)
        #expect(pace.take(at: at(60)) == at(60))
    }

    @Test("turns never go backwards, and a pace of nothing is a pace of one")
    func order() {
        var pace = StartPace(startsMax: 0)
        #expect([at(0), at(0.5), at(9)].map { pace.take(at: $0) } == [at(0), at(1.05), at(9)])
    }
}

@Suite("Seeded generator")
struct SeededGeneratorTests {
    @Test("the same seed gives the same chances: the published numbers of SplitMix64")
    func published() {
        var chance = SeededGenerator(seed: 1_234_567)
        #expect(
            (0..<3).map { _ in chance.next() }
                == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }

    @Test("jitter stays within its limit and reaches both ends")
    func jitter() {
        var chance = SeededGenerator(seed: 3)
        let drawn = Set((0..<200).map { _ in chance.jitter(upTo: .milliseconds(3)).wholeMilliseconds })
        #expect(drawn == [0, 1, 2, 3])
        #expect(chance.jitter(upTo: .zero) == .zero)
        #expect(chance.jitter(upTo: .seconds(-1)) == .zero)
    }
}
