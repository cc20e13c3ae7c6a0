import CoordJSON
import CoordModel

// The messages of the worker pipe are written straight into the outgoing bytes, without a tree between: they
// are the hot path, and their shape is known.

extension [UInt8] {
    /// `{"jsonrpc":"2.0","method":"…","params":{`; the name needs no escaping.
    mutating func beginNotification(_ method: StaticString) {
        append(contentsOf: #"{"jsonrpc":"2.0","method":""#.utf8)
        append(method)
        append(contentsOf: #"","params":{"#.utf8)
    }

    mutating func endNotification() {
        append(0x7D)
        append(0x7D)
    }

    /// A key that needs no escaping, with the comma before it where one is due.
    mutating func key(_ key: StaticString) {
        if last != 0x7B { append(0x2C) }
        append(0x22)
        append(key)
        append(0x22)
        append(0x3A)
    }

    mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        JSONValue.write(string: text, to: &self)
    }

    mutating func member(_ name: StaticString, _ text: String?) {
        if let text { member(name, text) }
    }

    mutating func member(_ name: StaticString, _ number: some BinaryInteger) {
        key(name)
        number.description.utf8.withContiguousStorageIfAvailable { append(contentsOf: $0) }
            ?? append(contentsOf: number.description.utf8)
    }

    mutating func member(_ name: StaticString, _ flag: Bool) {
        key(name)
        append(flag ? "true" : "false")
    }

    mutating func member(_ name: StaticString, _ value: JSONValue) {
        key(name)
        value.write(to: &self)
    }

    mutating func member(_ name: StaticString, _ texts: some Sequence<String>) {
        key(name)
        append(0x5B)
        var isFirst = true
        for text in texts {
            if !isFirst { append(0x2C) }
            isFirst = false
            JSONValue.write(string: text, to: &self)
        }
        append(0x5D)
    }

    /// Run, task and attempt: what every message about work carries.
    mutating func members(_ run: RunID, _ lease: Lease) {
        member("run", run.rawValue)
        member("task", lease.task.rawValue)
        member("attempt", lease.attempt)
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }
}
