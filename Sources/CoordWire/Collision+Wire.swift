package import CoordJSON
package import CoordModel

extension Collision {
    /// As the control socket and `status --json` show it. `with` is null for the target.
    package var json: JSONValue {
        [
            "task": .string(lease.task.rawValue), "attempt": .integer(Int64(lease.attempt)),
            "with": other.map {
                ["task": .string($0.task.rawValue), "attempt": .integer(Int64($0.attempt))]
            } ?? .null,
            "files": .array(files.map { .string($0) }),
        ]
    }

    /// Reads it back; nil when it is no collision.
    package init?(_ value: JSONValue) {
        guard let lease = Self.lease(value), let files = value["files"]?.arrayValue else { return nil }
        self.init(lease, with: value["with"].flatMap(Self.lease), files: files.compactMap(\.stringValue))
    }

    private static func lease(_ value: JSONValue) -> Lease? {
        guard let task = value["task"]?.stringValue, let attempt = value["attempt"]?.integerValue else {
            return nil
        }
        return Lease(task: TaskID(task), attempt: Int(attempt))
    }
}
