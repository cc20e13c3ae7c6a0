/// An amount of money: whole micro-dollars (a millionth of a US dollar). There is no floating-point sum
/// anywhere.
package struct Money: Hashable, Comparable, Sendable {
    package let microDollars: Int64

    package static let zero = Money(microDollars: 0)

    package init(microDollars: Int64) { self.microDollars = microDollars }

    /// Rounds to the nearest micro-dollar. For reading numbers a person or a model server wrote; nil when the
    /// number is negative, not finite or above a billion dollars.
    package init?(dollars: Double) {
        guard dollars.isFinite, dollars >= 0, dollars <= 1e9 else { return nil }
        microDollars = Int64((dollars * 1_000_000).rounded())
    }

    package static func < (left: Money, right: Money) -> Bool { left.microDollars < right.microDollars }
    package static func + (left: Money, right: Money) -> Money {
        Money(microDollars: left.microDollars + right.microDollars)
    }
    package static func - (left: Money, right: Money) -> Money {
        Money(microDollars: left.microDollars - right.microDollars)
    }
    package static func += (left: inout Money, right: Money) { left = left + right }
    package static func -= (left: inout Money, right: Money) { left = left - right }

    /// Dollars with up to six decimals and at least two, as in `1.25` or `0.000125`. Exact: made from the
    /// integer.
    package var decimal: String {
        let magnitude = microDollars.magnitude
        var fraction = String(magnitude % 1_000_000)
        fraction = String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
        while fraction.hasSuffix("0"), fraction.utf8.count > 2 { fraction.removeLast() }
        return (microDollars < 0 ? "-" : "") + "\(magnitude / 1_000_000).\(fraction)"
    }
}

extension Money: CustomStringConvertible {
    package var description: String { "$" + decimal }
}

/// How many tokens, in the four classes providers bill apart. No class is contained in another.
package struct TokenCounts: Hashable, Sendable {
    package var input: Int64
    package var output: Int64
    package var cacheRead: Int64
    package var cacheWrite: Int64

    package static let zero = TokenCounts()

    package init(input: Int64 = 0, output: Int64 = 0, cacheRead: Int64 = 0, cacheWrite: Int64 = 0) {
        self.input = input
        self.output = output
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
    }

    package var total: Int64 { input + output + cacheRead + cacheWrite }

    package static func + (left: TokenCounts, right: TokenCounts) -> TokenCounts {
        TokenCounts(
            input: left.input + right.input, output: left.output + right.output,
            cacheRead: left.cacheRead + right.cacheRead, cacheWrite: left.cacheWrite + right.cacheWrite)
    }
    package static func += (left: inout TokenCounts, right: TokenCounts) { left = left + right }
}

/// What one model call used, as its agent or the gateway reported it.
package struct Usage: Hashable, Sendable {
    /// The call's own name. The same id within a run is counted once; nil means the report cannot be
    /// recognised again.
    package var id: String?
    package var model: String
    package var tokens: TokenCounts
    /// What it cost, when the reporter knew.
    package var cost: Money?
    package var source: UsageSource
    /// Not all of it is the provider's own figure.
    package var isEstimated: Bool

    package init(
        id: String? = nil, model: String, tokens: TokenCounts, cost: Money? = nil,
        source: UsageSource = .agent, isEstimated: Bool = false
    ) {
        self.id = id
        self.model = model
        self.tokens = tokens
        self.cost = cost
        self.source = source
        self.isEstimated = isEstimated
    }
}

/// Who counted a usage.
package enum UsageSource: String, Sendable, CaseIterable {
    /// The agent, in its own words.
    case agent
    /// The model gateway, in the provider's answer.
    case gateway
}
