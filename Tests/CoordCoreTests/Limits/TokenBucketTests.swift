import CoordCore
import CoordModel
import Testing

@Suite("Token bucket")
struct TokenBucketTests {
    @Test("a full bucket gives its capacity at once and the rest as it fills, to the millisecond")
    func exactRefill() {
        var bucket = TokenBucket(perMinute: 60, at: at(0))
        #expect(bucket.wait(for: 60, at: at(0)) == .zero)
        bucket.take(60, at: at(0))
        #expect(bucket.wait(for: 1, at: at(0)) == .seconds(1))
        #expect(bucket.wait(for: 1, at: at(0.999)) == .milliseconds(1))
        #expect(bucket.wait(for: 1, at: at(1)) == .zero)
        #expect(bucket.wait(for: 60, at: at(1)) == .seconds(59))
    }

    @Test("a rate that does not divide the minute loses nothing to rounding")
    func noRounding() {
        var bucket = TokenBucket(perMinute: 7, at: at(0))
        bucket.take(7, at: at(0))
        // 7 tokens a minute: one in 8571.43 ms. After exactly a minute of single looks it is full again.
        for millisecond in stride(from: Int64(0), through: 60_000, by: 7) {
            _ = bucket.wait(for: 1, at: Timestamp(milliseconds: millisecond))
        }
        #expect(bucket.wait(for: 7, at: at(60)) == .zero)
        bucket.take(7, at: at(60))
        #expect(bucket.wait(for: 1, at: at(60)) == .milliseconds(8572))
    }

    @Test("a request above the capacity is served alone, out of a full bucket, and leaves a debt")
    func aboveCapacity() {
        var bucket = TokenBucket(perMinute: 10, at: at(0))
        bucket.take(1, at: at(0))
        #expect(bucket.wait(for: 25, at: at(0)) == .seconds(6))
        #expect(bucket.wait(for: 25, at: at(6)) == .zero)
        bucket.take(25, at: at(6))
        #expect(bucket.wait(for: 1, at: at(6)) == .seconds(96))
    }

    @Test("the bucket never holds more than its capacity")
    func capacity() {
        var bucket = TokenBucket(perMinute: 10, at: at(0))
        bucket.giveBack(500, at: at(0))
        #expect(bucket == TokenBucket(perMinute: 10, at: at(0)))
        bucket.take(10, at: at(100_000))
        bucket.giveBack(3, at: at(100_000))
        #expect(bucket.wait(for: 3, at: at(100_000)) == .zero)
        #expect(bucket.wait(for: 4, at: at(100_000)) == .seconds(6))
    }

    @Test("a clock that runs back adds nothing, and takes nothing")
    func clockBack() {
        var bucket = TokenBucket(perMinute: 60, at: at(100))
        bucket.take(60, at: at(100))
        #expect(bucket.wait(for: 1, at: at(50)) == .seconds(1))
        #expect(bucket.wait(for: 1, at: at(101)) == .zero)
    }

    @Test("numbers that nobody could mean do not overflow")
    func extremes() {
        var bucket = TokenBucket(perMinute: .max, at: at(0))
        for _ in 0..<100 { bucket.take(.max, at: at(0)) }
        bucket.take(-5, at: at(0))
        bucket.giveBack(.max, at: Timestamp(milliseconds: .max / 2))
        #expect(bucket.wait(for: .max, at: Timestamp(milliseconds: .max / 2)) == .zero)
    }

    @Test("in any window no more leaves the bucket than its capacity and what flowed in", arguments: 1...10)
    func window(seed: Int) {
        var chance = SeededGenerator(seed: UInt64(seed))
        let rate = Int64(1 + chance.next() % 100)
        var bucket = TokenBucket(perMinute: rate, at: at(0))
        var now: Int64 = 0
        var taken: [(at: Int64, amount: Int64)] = []
        for _ in 0..<150 {
            now += Int64(chance.next() % 2000)
            let amount = Int64(1 + chance.next() % 5)
            let time = Timestamp(milliseconds: now)
            guard amount <= rate, bucket.wait(for: amount, at: time) == .zero else { continue }
            bucket.take(amount, at: time)
            taken.append((now, amount))
        }
        for first in taken.indices {
            var sum: Int64 = 0
            for last in first..<taken.count {
                sum += taken[last].amount
                #expect((sum - rate) * 60_000 <= rate * (taken[last].at - taken[first].at))
            }
        }
    }
}
