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
    /// The names under which the entries are found beside their own. Of two with the same, the one with fewer
    /// prefixes counts, and then the first.
    private let keys: [String: String]

    /// No price is known.
    package static let none = PriceList(date: "", source: "", entries: [:])

    package init(date: String, source: String, entries: [String: Entry], unknown: Unknown = .highest) {
        self.date = date
        self.source = source
        self.entries = entries
        self.unknown = unknown
        var keys: [String: String] = [:]
        let parts = entries.keys.map { (key: $0, parts: ModelNameParts($0)) }
            .sorted { ($0.parts.prefixes, $0.key) < ($1.parts.prefixes, $1.key) }
        for name in [\ModelNameParts.behindSlash, \.bare] {
            for (key, parts) in parts where keys[parts[keyPath: name]] == nil {
                keys[parts[keyPath: name]] = key
            }
        }
        self.keys = keys
        dearest = entries.values.reduce(Price(input: 0, output: 0, cacheWrite: 0, cacheRead: 0)) {
            .highest($0, .highest($1.price, $1.above ?? $1.price))
        }
    }

    /// The entry of a model: by the very name, else by the name without what providers put around it
    /// (`ModelNameParts`). Nil: it is not in the list.
    package func entry(of model: String) -> Entry? {
        if let entry = entries[model] { return entry }
        let name = ModelNameParts(model)
        return (keys[name.behindSlash] ?? keys[name.bare]).flatMap { entries[$0] }
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

/// A model's name, and what is left of it without what providers, routers and clouds put around it.
private struct ModelNameParts {
    /// Behind the last slash, in lower case.
    var behindSlash: String
    /// The same without region and maker (`us.anthropic.`), variant (`:free`, `@default`, `[1m]`), `-latest`,
    /// date (`-20251001`, `-2026-04-23`) and version of the interface (`-v1`); dots are dashes.
    var bare: String
    /// How many slashes it has.
    var prefixes: Int

    init(_ model: String) {
        let parts = model.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        prefixes = parts.count - 1
        var name = parts.last ?? ""
        behindSlash = String(name)
        name = name.prefix { !":@[".utf8.contains($0.utf8.first ?? 0) }
        // A maker stands before a dot; a dot in a version has digits on both sides.
        while let dot = name.firstIndex(of: "."), dot != name.startIndex,
            name.index(after: dot) != name.endIndex,
            !(name[name.index(before: dot)].isNumber && name[name.index(after: dot)].isNumber)
        {
            name = name[name.index(after: dot)...]
        }
        var words = name.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == "." }
        while let last = words.last, words.count > 1 {
            let isDate = last.count != 1 && last.allSatisfy(\.isNumber)
            guard isDate || last == "latest" || last == "v1" || last == "v2" else { break }
            words.removeLast()
        }
        bare = words.joined(separator: "-")
    }
}
