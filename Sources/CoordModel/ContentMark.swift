/// A file that had a say in an attempt, and what stood in it.
package struct ContentMark: Hashable, Sendable {
    /// The raw value is the word in facts.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case mission, role, skill
    }

    package var kind: Kind
    package var name: String
    /// SHA-256 in hexadecimal digits: of the file of a mission or a skill, of a role's text as its agents are
    /// given it.
    package var hash: String
    /// Whether it is another than when the run first used it.
    package var isChanged: Bool

    package init(_ kind: Kind, _ name: String, hash: String, isChanged: Bool = false) {
        self.kind = kind
        self.name = name
        self.hash = hash
        self.isChanged = isChanged
    }
}
