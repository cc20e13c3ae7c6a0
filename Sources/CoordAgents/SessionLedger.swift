import CoordModel

/// Totals of a session, told as what they rose by.
struct SessionLedger: Hashable, Sendable {
    private(set) var total: TokenCounts
    private(set) var cost = Money.zero
    private var hasCost = false

    /// `counted`: what was told of the session before.
    init(counted: TokenCounts) { total = counted }

    /// What is new of a total. Nil: nothing. Money of before this process is not ours to tell again.
    mutating func rise(to tokens: TokenCounts, cost: Money?, isOurs: Bool) -> (
        tokens: TokenCounts, cost: Money?
    )? {
        let rest = tokens.lessThan(total)
        var risen: Money?
        if let cost {
            if isOurs || hasCost { risen = max(cost - self.cost, .zero) }
            self.cost = max(cost, self.cost)
            hasCost = true
        }
        guard rest != .zero || (risen ?? .zero) != .zero else { return nil }
        total += rest
        return (rest, risen)
    }
}
