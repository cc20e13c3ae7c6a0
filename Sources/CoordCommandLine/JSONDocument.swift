import CoordJSON
import CoordModel

// How coord's nouns stand in the documents of `--json` and of the API.

extension JSONValue {
    static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    static func name(_ name: (some StringIdentifier)?) -> JSONValue { .optional(name?.rawValue) }
    static func time(_ time: Timestamp?) -> JSONValue { .optional(time?.description) }
    static func count(_ count: Int) -> JSONValue { .integer(Int64(count)) }
    static func count(_ count: Int?) -> JSONValue { count.map { .integer(Int64($0)) } ?? .null }

    /// Dollars with up to six decimals.
    static func dollars(_ money: Money?) -> JSONValue {
        guard let money else { return .null }
        let (dollars, rest) = money.microDollars.quotientAndRemainder(dividingBy: 1_000_000)
        return rest == 0 ? .integer(dollars) : .number(Double(money.microDollars) / 1_000_000)
    }

    static func tokens(_ tokens: TokenCounts) -> JSONValue {
        [
            "input": .integer(tokens.input), "output": .integer(tokens.output),
            "cacheRead": .integer(tokens.cacheRead), "cacheWrite": .integer(tokens.cacheWrite),
        ]
    }

    /// Seconds with their milliseconds.
    static func seconds(_ duration: Duration?) -> JSONValue {
        duration.map { .number(Double($0.wholeMilliseconds) / 1000) } ?? .null
    }
}
