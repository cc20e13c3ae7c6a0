import CoordJSON
import CoordModel

/// The parameters of one message, with errors that name message and member.
struct Members {
    let method: String
    let object: JSONObject

    /// Reads a notification's method and parameters.
    static func ofNotification(_ line: ArraySlice<UInt8>) throws(WireError) -> Members {
        switch try RPCMessage.decode(line) {
        case .notification(let method, .object(let object)?): return Members(method: method, object: object)
        case .notification(let method, nil): return Members(method: method, object: JSONObject())
        case .notification: throw .notAMessage("`params` is not an object")
        case .request, .response, .failure: throw .notAMessage("only notifications are spoken here")
        }
    }

    func text(_ name: String) throws(WireError) -> String {
        guard let text = try optionalText(name) else { throw .missing(member: name, method: method) }
        return text
    }

    func optionalText(_ name: String) throws(WireError) -> String? {
        switch object[name] {
        case nil, .null: return nil
        case .string(let text): return text
        default: throw .wrong(member: name, method: method, wanted: "a string")
        }
    }

    func integer(_ name: String, _ range: ClosedRange<Int64>) throws(WireError) -> Int64 {
        guard let number = try optionalInteger(name, range) else {
            throw .missing(member: name, method: method)
        }
        return number
    }

    func optionalInteger(_ name: String, _ range: ClosedRange<Int64>) throws(WireError) -> Int64? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let number = value.integerValue, range.contains(number) else {
            let wanted = "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw .wrong(member: name, method: method, wanted: wanted)
        }
        return number
    }

    func flag(_ name: String, otherwise: Bool) throws(WireError) -> Bool {
        guard let value = object[name], !value.isNull else { return otherwise }
        guard let flag = value.boolValue else {
            throw .wrong(member: name, method: method, wanted: "true or false")
        }
        return flag
    }

    func texts(_ name: String) throws(WireError) -> [String] {
        guard let value = object[name], !value.isNull else { return [] }
        var texts: [String] = []
        guard let items = value.arrayValue else {
            throw .wrong(member: name, method: method, wanted: "a list of strings")
        }
        for item in items {
            guard let text = item.stringValue else {
                throw .wrong(member: name, method: method, wanted: "a list of strings")
            }
            texts.append(text)
        }
        return texts
    }

    /// A name of the safe alphabet.
    func name<Name: StringIdentifier>(_ member: String) throws(WireError) -> Name {
        let name = Name(try text(member))
        guard name.isValid else {
            throw .wrong(member: member, method: method, wanted: "a valid name")
        }
        return name
    }

    func milliseconds(_ name: String) throws(WireError) -> Duration? {
        try optionalInteger(name, 0...(1 << 50)).map { .milliseconds($0) }
    }

    /// Run and lease are compared with those that live, so their alphabet need not be looked at; their length
    /// must, because a refused message is recorded.
    func lease() throws(WireError) -> Lease {
        Lease(task: TaskID(try shortText("task")), attempt: Int(try integer("attempt", 1...1_000_000)))
    }

    func run() throws(WireError) -> RunID { RunID(try shortText("run")) }

    private func shortText(_ name: String) throws(WireError) -> String {
        let text = try text(name)
        guard (1...64).contains(text.utf8.count) else {
            throw .wrong(member: name, method: method, wanted: "1 to 64 bytes long")
        }
        return text
    }
}
