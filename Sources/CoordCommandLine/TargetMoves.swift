package import CoordModel
import CoordStore
import CoordWire

/// Who moves the target while candidates wait, so that none of them can land.
package struct TargetMoves: Sendable, Equatable {
    /// One or two commits in between are everyday life.
    static let worthTelling = 3

    /// What is told of it.
    package let sentence: String

    package init?(_ body: Fact.Body) {
        guard case .targetMoved(_, let name, let times, let since) = body, times >= Self.worthTelling else {
            return nil
        }
        sentence =
            Wording.targetMoves(times, since: since, by: name)
            + "; each time what waits is built and tested anew"
    }

    /// Nil when nobody does, or something has landed since.
    static func read(_ reading: RunReading) throws(CommandFailure) -> TargetMoves? {
        let last = try reading.read { () throws(StoreError) in
            try reading.store.facts(reading.record.id, ofType: FactType.targetMoved.rawValue).last
        }
        // What only a newer coord can read is as good as not said.
        guard let last, let moves = (try? last.fact()).flatMap({ TargetMoves($0.body) }) else { return nil }
        var pages = FactPages(reading, after: last.sequence)
        var hasLanded = false
        try pages.forEach { stored in
            hasLanded = stored.type == FactType.taskLanded.rawValue
            return !hasLanded
        }
        return hasLanded ? nil : moves
    }
}
