package import CoordCore
package import CoordJSON
import CoordModel
import CoordSystem

/// The file that says what models cost: coord's own shape, or the one LiteLLM publishes.
package enum PriceFile {
    /// Where it lies below a folder of shipped files, and of the user's.
    package static let shippedName = "prices/models.json"
    package static let userName = "prices.json"

    /// Why a file is not taken: its path, and the reason as a sentence without a full stop.
    package struct Problem: Error, Sendable, CustomStringConvertible {
        package var path: String
        package var reason: String
        package var description: String { "\(path): \(reason)" }
    }

    /// Reads the file.
    package static func read(_ path: String) throws(Problem) -> PriceList {
        let value: JSONValue
        do { value = try JSONParser.parse(try Files.read(path, limitBytes: 64 << 20)) } catch {
            throw Problem(path: path, reason: "\(error)")
        }
        guard let object = value.objectValue else { throw Problem(path: path, reason: "it is not an object") }
        let list = try object["schema"] == nil ? published(object, path) : own(object, path)
        guard !list.entries.isEmpty else { throw Problem(path: path, reason: "it holds no price") }
        return list
    }

    /// The user's prices in front of the shipped ones.
    package static func standard(userFolder: String?, shipped: String?) throws(Problem) -> PriceList {
        var list = PriceList.none
        if let shipped, Files.kind(shipped + "/" + shippedName) == .file {
            list = try read(shipped + "/" + shippedName)
        }
        guard let userFolder, Files.kind(userFolder + "/" + userName) == .file else { return list }
        let own = try read(userFolder + "/" + userName)
        return PriceList(
            date: own.date, source: own.source, entries: list.entries.merging(own.entries) { $1 },
            unknown: own.unknown)
    }

    /// The document of a list, in coord's own shape.
    package static func document(_ list: PriceList) -> JSONValue {
        let models = list.entries.sorted { $0.key < $1.key }.map { name, entry -> (String, JSONValue) in
            var members = Self.members(entry.price)
            if let threshold = entry.threshold, let above = entry.above {
                let more = [("tokens", JSONValue.integer(threshold))] + Self.members(above)
                members.append(("above", .object(JSONObject(more))))
            }
            if let window = entry.window { members.append(("window", .integer(window))) }
            return (name, .object(JSONObject(members)))
        }
        return [
            "schema": "coord.prices/1", "date": .string(list.date), "source": .string(list.source),
            "unit": "USD per million tokens", "unknown": .string(list.unknown.rawValue),
            "models": .object(JSONObject(models)),
        ]
    }

    private static func members(_ price: PriceList.Price) -> [(String, JSONValue)] {
        [
            ("input", price.input), ("output", price.output), ("cacheWrite", price.cacheWrite),
            ("cacheRead", price.cacheRead),
        ].map { ($0.0, .number(Double($0.1) / 1_000_000)) }
    }

    // MARK: coord's own shape

    private static func own(_ object: JSONObject, _ path: String) throws(Problem) -> PriceList {
        guard object["schema"]?.stringValue == "coord.prices/1" else {
            throw Problem(path: path, reason: "`schema` is not `coord.prices/1`")
        }
        var entries: [String: PriceList.Entry] = [:]
        for (name, value) in object["models"]?.objectValue.map({ Array($0.members) }) ?? [] {
            guard let price = price(value, unit: 1_000_000, names: ownNames) else {
                throw Problem(path: path, reason: "`\(name)` has no price that can be read")
            }
            var entry = PriceList.Entry(price: price)
            if let above = value["above"] {
                guard let more = self.price(above, unit: 1_000_000, names: ownNames),
                    let threshold = above["tokens"]?.integerValue, threshold > 0
                else { throw Problem(path: path, reason: "`above` of `\(name)` cannot be read") }
                entry = PriceList.Entry(price: price, threshold: threshold, above: more)
            }
            if let value = value["window"] {
                guard let window = value.integerValue, window > 0 else {
                    throw Problem(path: path, reason: "`window` of `\(name)` cannot be read")
                }
                entry.window = window
            }
            entries[name] = entry
        }
        let word = object["unknown"]?.stringValue
        let unknown = word.flatMap(PriceList.Unknown.init(rawValue:))
        guard word == nil || unknown != nil else {
            throw Problem(path: path, reason: "`unknown` is `highest` or `refuse`")
        }
        return PriceList(
            date: object["date"]?.stringValue ?? "", source: object["source"]?.stringValue ?? path,
            entries: entries, unknown: unknown ?? .highest)
    }

    private typealias Names = (input: String, output: String, cacheWrite: String, cacheRead: String)
    private static let ownNames: Names = ("input", "output", "cacheWrite", "cacheRead")

    // MARK: LiteLLM's shape

    private static func published(_ object: JSONObject, _ path: String) throws(Problem) -> PriceList {
        var entries: [String: PriceList.Entry] = [:]
        for (name, value) in object.members where name != "sample_spec" {
            guard let price = price(value, unit: 1e12, names: published("")) else { continue }
            var entry = PriceList.Entry(price: price)
            for (suffix, threshold) in [
                ("_above_100k_tokens", 100_000), ("_above_128k_tokens", 128_000),
                ("_above_200k_tokens", 200_000), ("_above_272k_tokens", 272_000),
            ] {
                guard let more = self.price(value, unit: 1e12, names: published(suffix)) else { continue }
                entry = PriceList.Entry(price: price, threshold: Int64(threshold), above: more)
                break
            }
            if let window = value["max_input_tokens"]?.integerValue, window > 0 { entry.window = window }
            entries[name] = entry
        }
        let changed = Files.modificationTime(path).map { Timestamp(milliseconds: $0 / 1_000_000) }
        let date = changed.map { String($0.description.prefix(10)) } ?? ""
        return PriceList(date: date, source: Files.name(path), entries: entries)
    }

    private static func published(_ suffix: String) -> Names {
        (
            "input_cost_per_token" + suffix, "output_cost_per_token" + suffix,
            "cache_creation_input_token_cost" + suffix, "cache_read_input_token_cost" + suffix
        )
    }

    /// Nil: there is no price, or it cannot be one. What is written to a cache without a price of its own
    /// costs what input costs, and so does what is read from one.
    private static func price(_ value: JSONValue, unit: Double, names: Names) -> PriceList.Price? {
        func amount(_ name: String) -> Int64? {
            guard let number = value[name]?.doubleValue, number.isFinite, number >= 0, number * unit < 1e15
            else { return nil }
            return Int64((number * unit).rounded())
        }
        guard let input = amount(names.input), let output = amount(names.output) else { return nil }
        return PriceList.Price(
            input: input, output: output, cacheWrite: amount(names.cacheWrite) ?? input,
            cacheRead: amount(names.cacheRead) ?? input)
    }
}
