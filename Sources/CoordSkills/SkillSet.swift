package import CoordModel

/// The skills an agent has in its hands from turn to turn: what it never calls goes, what it finds comes.
package struct SkillSet: Hashable, Sendable {
    /// After so many turns without a call a skill that was not asked for by name is dropped.
    package static let idleTurnsMax = 6
    /// How many there are at most.
    package static let most = 8

    private struct Held: Hashable {
        var id: SkillID
        var isPinned: Bool
        var idleTurns = 0
    }

    private var held: [Held]

    /// - Parameter pinned: those that stay although nobody calls them.
    package init(_ chosen: [SkillID], pinned: Set<SkillID> = []) {
        held = chosen.map { Held(id: $0, isPinned: pinned.contains($0)) }
    }

    /// The skills there are now, in the order they came.
    package var skills: [SkillID] { held.map(\.id) }

    /// A turn of the agent ended, in which it called these; gives what was dropped.
    package mutating func turnEnded(called: Set<SkillID>) -> [SkillID] {
        for index in held.indices {
            held[index].idleTurns = called.contains(held[index].id) ? 0 : held[index].idleTurns + 1
        }
        let dropped = held.filter { !$0.isPinned && $0.idleTurns >= Self.idleTurnsMax }.map(\.id)
        held.removeAll { dropped.contains($0.id) }
        return dropped
    }

    /// Takes found skills in; where there is no room, the longest idle ones make some. Gives those that are
    /// new, and those that went.
    package mutating func add(_ found: [SkillID]) -> (added: [SkillID], dropped: [SkillID]) {
        var added: [SkillID] = []
        var dropped: [SkillID] = []
        for id in found where !held.contains(where: { $0.id == id }) {
            if held.count >= Self.most {
                let idle = held.indices.filter { !held[$0].isPinned && !added.contains(held[$0].id) }
                guard let longest = idle.max(by: { held[$0].idleTurns < held[$1].idleTurns }) else { break }
                dropped.append(held.remove(at: longest).id)
            }
            held.append(Held(id: id, isPinned: false))
            added.append(id)
        }
        return (added, dropped)
    }
}
