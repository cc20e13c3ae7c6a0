import CoordJSON
package import CoordModel
import CoordWire

extension SQLiteStore {
    /// The last handoff of each task that had one, in the order of the tasks.
    package func handoffs(_ run: RunID) throws(StoreError) -> [(task: TaskID, handoff: HandoffRecord)] {
        guard let number = try number(of: run) else { return [] }
        let select = try connection.prepare(
            """
            SELECT tasks.task, handoff FROM task_states JOIN tasks USING (id)
            WHERE id >= ? AND id < ? AND handoff IS NOT NULL ORDER BY id
            """)
        select.put(RowKey.first(number))
        select.put(RowKey.first(number + 1))
        return try rows(of: select) { row throws(StoreError) in
            let task = TaskID(row.text())
            return (task, try Self.handoff(row.text(), of: task.rawValue))
        }
    }

    /// Reads the handoff of the row with that key.
    static func handoff(_ text: String, of key: String) throws(StoreError) -> HandoffRecord {
        do { return try HandoffRecord(json: JSONParser.parse(text)) } catch {
            throw .unreadableRow(table: "task_states", key: key, detail: "handoff: \(error)")
        }
    }
}
