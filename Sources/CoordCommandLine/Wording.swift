package import CoordModel

/// How times, amounts and counts read to people.
package enum Wording {
    /// `0.4 s`, `12 s`, `9:32`, `1:02:33`, `2 d 3 h`.
    package static func duration(_ duration: Duration) -> String {
        let milliseconds = max(0, duration.wholeMilliseconds)
        let seconds = milliseconds / 1000
        if milliseconds < 10_000, milliseconds % 1000 != 0 {
            return "\(seconds).\(milliseconds % 1000 / 100) s"
        }
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3600 { return "\(seconds / 60):\(twoDigits(seconds % 60))" }
        if seconds < 172_800 {
            return "\(seconds / 3600):\(twoDigits(seconds / 60 % 60)):\(twoDigits(seconds % 60))"
        }
        return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
    }

    /// A running clock: `0:07`, `9:32`, `1:02:33`. Its width changes seldom.
    package static func clock(_ duration: Duration) -> String {
        let seconds = max(0, duration.wholeMilliseconds) / 1000
        if seconds < 3600 { return "\(seconds / 60):\(twoDigits(seconds % 60))" }
        return "\(seconds / 3600):\(twoDigits(seconds / 60 % 60)):\(twoDigits(seconds % 60))"
    }

    /// Cents where they are enough, all six decimals below ten cents.
    package static func money(_ money: Money) -> String {
        guard money.microDollars.magnitude >= 100_000 else { return money.description }
        let cents = (money.microDollars.magnitude + 5000) / 10_000
        return (money.microDollars < 0 ? "-$" : "$") + "\(cents / 100).\(twoDigits(Int64(cents % 100)))"
    }

    /// `950`, `12.3k`, `58k`, `1.2M`.
    package static func count(_ count: Int64) -> String {
        switch count {
        case ..<1000: "\(count)"
        case ..<10_000: tenths(count, 1000) + "k"
        case ..<1_000_000: "\(count / 1000)k"
        case ..<10_000_000: tenths(count, 1_000_000) + "M"
        case ..<1_000_000_000: "\(count / 1_000_000)M"
        default: tenths(count, 1_000_000_000) + "G"
        }
    }

    /// `12k in, 3.4k out`, with what came from and went to caches where there is any.
    package static func tokens(_ tokens: TokenCounts) -> String {
        var parts = ["\(count(tokens.input)) in", "\(count(tokens.output)) out"]
        if tokens.cacheRead > 0 { parts.append("\(count(tokens.cacheRead)) from cache") }
        if tokens.cacheWrite > 0 { parts.append("\(count(tokens.cacheWrite)) to cache") }
        return parts.joined(separator: ", ")
    }

    /// `1 task`, `3 tasks`.
    package static func plural(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }

    /// Names in backticks, the first few of them: `` `a`, `b` and 3 more ``.
    package static func list(_ names: [String], atMost limit: Int = 5) -> String {
        enumeration(names.map { "`\($0)`" }, atMost: limit)
    }

    /// `a, b and c`, or the first few of many.
    package static func enumeration(_ parts: [String], atMost limit: Int = 5) -> String {
        if parts.count > limit {
            return parts.prefix(limit).joined(separator: ", ") + " and \(parts.count - limit) more"
        }
        guard let last = parts.last, parts.count > 1 else { return parts.first ?? "" }
        return parts.dropLast().joined(separator: ", ") + " and " + last
    }

    /// How far what landed was passed on, as people say it.
    package static func delivery(_ delivery: DeliveryRecord) -> String {
        var text = delivery.commit.map { "\($0.short) delivered to \(delivery.place)" } ?? "nothing delivered"
        if let address = delivery.address { text += ", \(address)" }
        if let problem = delivery.problem { text += "; the last try failed: \(problem)" }
        return text
    }

    /// Who keeps what waits from landing. `since` is the first of the moves.
    package static func targetMoves(_ times: Int, since: Timestamp, by name: String) -> String {
        let who = name.isEmpty ? "others" : name
        return times == 1
            ? "the target was moved by \(who) at \(since.clock) UTC"
            : "the target was moved \(times) times since \(since.clock) UTC without a landing, last by \(who)"
    }

    /// A stage as people say it.
    package static func stage(_ stage: TaskStage) -> String {
        switch stage {
        case .retryable: "to be retried"
        case .leased: "at work"
        case .submitting: "handing in"
        case .reviewing: "in review"
        case .approval: "waits for approval"
        case .asking: "waits for an answer"
        case .queued: "in the merge queue"
        case .checking: "at the gate"
        case .waiting, .ready, .landed, .completed, .failed, .quarantined, .skipped, .cancelled:
            stage.rawValue
        }
    }

    private static func tenths(_ count: Int64, _ unit: Int64) -> String {
        let tenths = count / (unit / 10)
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    private static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
