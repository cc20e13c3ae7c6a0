package import CoordModel

/// What models cost, as facts with a date.
package struct PriceList: Sendable, Equatable {
    /// Prices of one model: micro-dollars for a million tokens, which is the same number as picodollars for a
    /// token.
    package struct Price: Sendable, Hashable {
        package var input: Int64
        package var output: Int64
        package var cacheWrite: Int64
        package var cacheRead: Int64

        package init(input: Int64, output: Int64, cacheWrite: Int64, cacheRead: Int64) {
            self.input = input
            self.output = output
            self.cacheWrite = cacheWrite
            self.cacheRead = cacheRead
        }

        /// The exact sum, rounded up to a micro-dollar. Beyond 2⁶³ picodollars it stays there.
        func cost(of tokens: TokenCounts) -> Money {
            var sum: Int64 = 0
            let parts = [
                (tokens.input, input), (tokens.output, output), (tokens.cacheWrite, cacheWrite),
                (tokens.cacheRead, cacheRead),
            ]
            for (count, price) in parts {
                let (product, isTooMuch) = max(count, 0).multipliedReportingOverflow(by: price)
                let (next, isTooMuchAgain) = sum.addingReportingOverflow(product)
                sum = isTooMuch || isTooMuchAgain ? .max : next
            }
            return Money(microDollars: sum / 1_000_000 + (sum % 1_000_000 > 0 ? 1 : 0))
        }

        static func highest(_ left: Price, _ right: Price) -> Price {
            Price(
                input: max(left.input, right.input), output: max(left.output, right.output),
                cacheWrite: max(left.cacheWrite, right.cacheWrite),
                cacheRead: max(left.cacheRead, right.cacheRead))
        }
    }

    /// A model's prices, and those of calls whose input is above a number of tokens.
    package struct Entry: Sendable, Hashable {
        package var price: Price
        package var threshold: Int64?
        package var above: Price?
        /// How many tokens the model's context holds. Nil: the list does not say.
        package var window: Int64?

        package init(price: Price, threshold: Int64? = nil, above: Price? = nil, window: Int64? = nil) {
            self.price = price
            self.window = window
            self.threshold = threshold
            self.above = above
        }

        func price(ofInput tokens: Int64) -> Price {
            if let threshold, let above, tokens > threshold { return above }
            return price
        }
    }

    /// What is done with a model that has no price.
    package enum Unknown: String, Sendable, CaseIterable {
        /// It is priced like the dearest in the list.
        case highest
        /// It is not called.
        case refuse
    }

    /// The day the prices were taken down, as `2026-11-20`, and where.
    package var date: String
    package var source: String
    package var unknown: Unknown
    package private(set) var entries: [String: Entry]
    private let dearest: Price

    /// No price is known.
    package static let none = PriceList(date: "", source: "", entries: [:])

    package init(date: String, source: String, entries: [String: Entry], unknown: Unknown = .highest) {
        self.date = date
        self.source = source
        self.entries = entries
        self.unknown = unknown
        dearest = entries.values.reduce(Price(input: 0, output: 0, cacheWrite: 0, cacheRead: 0)) {
            .highest($0, .highest($1.price, $1.above ?? $1.price))
        }
    }

    /// Whether the model is in the list, as it is or without what providers put around a name: a prefix with
    /// a slash, a date, `-latest`.
    package func entry(of model: String) -> Entry? {
        if let entry = entries[model] { return entry }
        var name = Substring(model.lowercased())
        if let slash = name.lastIndex(of: "/") { name = name[name.index(after: slash)...] }
        if let entry = entries[String(name)] { return entry }
        // As in `claude-haiku-4-5-20251001` and `gpt-5.5-2026-04-23`.
        for suffix in ["-latest", "[1m]"] where name.hasSuffix(suffix) { name = name.dropLast(suffix.count) }
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        var kept = parts
        while let end = kept.last, kept.count > 1, end.allSatisfy(\.isNumber), end.count != 1 {
            kept.removeLast()
        }
        let short = kept.joined(separator: "-")
        if let entry = entries[short] { return entry }
        if let entry = entries[String(name)] { return entry }
        // Names of the list may carry a provider's prefix themselves.
        return entries.keys.sorted().first { $0.hasSuffix("/" + name) || $0.hasSuffix("/" + short) }
            .flatMap { entries[$0] }
    }

    /// What a call has cost. Nil: the model has no price, and is not to be called.
    package func cost(of tokens: TokenCounts, model: String) -> Money? {
        price(model, input: tokens.input + tokens.cacheWrite + tokens.cacheRead)?.cost(of: tokens)
    }

    /// The most that a call may cost: all of its input written to the cache, and the longest answer. Nil: the
    /// model has no price, and is not to be called.
    package func costMax(of call: ModelCall) -> Money? {
        guard !call.isFree else { return .zero }
        // A token of text or code is four bytes long on average, and seldom less than three.
        let input = Int64(clamping: call.requestBytes) / 3 + 1
        guard let price = price(call.model, input: input) else { return nil }
        let tokens = TokenCounts(output: call.outputTokensMax ?? Self.outputTokensUntold)
        let written = max(price.cacheWrite, price.input)
        return Price(input: written, output: price.output, cacheWrite: 0, cacheRead: 0)
            .cost(of: TokenCounts(input: input, output: tokens.output))
    }

    /// The longest answer of a request that does not say.
    private static let outputTokensUntold: Int64 = 32_000

    private func price(_ model: String, input: Int64) -> Price? {
        if let entry = entry(of: model) { return entry.price(ofInput: input) }
        return unknown == .highest && !entries.isEmpty ? dearest : nil
    }
}
