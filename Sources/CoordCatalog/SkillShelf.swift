package import CoordModel
package import CoordSkills
import CoordSystem

/// All skills of a catalogue, in memory, as they were when their files were last looked at.
///
/// A value: who holds a copy keeps it as it is while another copy is brought up to date.
package struct SkillShelf: Sendable {
    /// A skill and where it was found.
    package struct Entry: Sendable, Hashable {
        package var skill: Skill
        package var origin: CatalogOrigin

        package init(skill: Skill, origin: CatalogOrigin) {
            self.skill = skill
            self.origin = origin
        }
    }

    /// By which a changed file is known.
    private struct Stamp: Hashable {
        var times: [Int64?]
        var sizes: [Int64?]

        /// - Parameter program: a program that belongs to the file.
        init(_ path: String, _ program: String?) {
            let stamps = [Files.stamp(path)] + (program.map { [Files.stamp($0)] } ?? [])
            (times, sizes) = (stamps.map { $0?.time }, stamps.map { $0?.size })
        }
    }

    package private(set) var entries: [SkillID: Entry] = [:]
    /// Skills whose file is broken, and how. A file that broke after it was read well keeps what it said.
    package private(set) var broken: [SkillID: Diagnostic] = [:]
    /// What is wrong or doubtful, by file.
    private var diagnostics: [SkillID: [Diagnostic]] = [:]
    private var stamps: [SkillID: (path: String, stamp: Stamp)] = [:]
    private let locations: CatalogLocations

    /// Takes skills as they are given, the first of a name wins.
    package init(_ skills: [Skill] = [], origin: CatalogOrigin = .shipped) {
        locations = CatalogLocations(places: [])
        for skill in skills where entries[skill.id] == nil {
            entries[skill.id] = Entry(skill: skill, origin: origin)
        }
    }

    /// Reads every skill of every place, first match wins. Broken files are named in `problems`, never fatal.
    init(locations: CatalogLocations) {
        self.locations = locations
        _ = reload()
    }

    package subscript(_ id: SkillID) -> Skill? { entries[id]?.skill }

    /// The skills by name.
    package var sorted: [Entry] { entries.keys.sorted().compactMap { entries[$0] } }
    /// The names, sorted.
    package var names: [String] { entries.keys.map(\.rawValue).sorted() }
    /// Everything wrong or doubtful, by skill.
    package var problems: [Diagnostic] { diagnostics.sorted { $0.key < $1.key }.flatMap(\.value) }

    /// What a reload found changed.
    package struct Changes: Sendable, Hashable {
        package var added: [SkillID] = []
        package var changed: [SkillID] = []
        package var removed: [SkillID] = []
        /// Files that are broken now; what they said before still counts.
        package var broken: [SkillID] = []

        /// Whether nothing at all is different.
        package var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty && broken.isEmpty }
    }

    /// Looks at the folders again and reads only the files that changed. A file that was read half-written
    /// leaves what it said before and is read again at the next change.
    package mutating func reload() -> Changes {
        guard !locations.places.isEmpty else { return Changes() }
        var changes = Changes()
        var seen: Set<SkillID> = []
        let files = SkillEntry.all(in: locations)
        entries.reserveCapacity(files.count)
        stamps.reserveCapacity(files.count)
        for file in files {
            seen.insert(file.id)
            let stamp = Stamp(file.path, entries[file.id]?.skill.programBeside)
            if let last = stamps[file.id], last.path == file.path, last.stamp == stamp { continue }
            // Which program belongs to it is known when it is read; then it is looked at once more, so that
            // what changes meanwhile is not missed.
            stamps[file.id] = (file.path, stamp)
            read(file, &changes)
        }
        for id in Set(entries.keys).union(broken.keys).subtracting(seen).sorted() {
            if entries.removeValue(forKey: id) != nil { changes.removed.append(id) }
            broken[id] = nil
            diagnostics[id] = nil
            stamps[id] = nil
        }
        return changes
    }

    private mutating func read(_ file: SkillEntry, _ changes: inout Changes) {
        let (skill, found) = SkillReader.read(file.path, id: file.id, category: file.category)
        diagnostics[file.id] = found.isEmpty ? nil : found
        guard let skill else {
            broken[file.id] = found.first(where: \.isError)
            changes.broken.append(file.id)
            return
        }
        broken[file.id] = nil
        if let old = entries[file.id] {
            if old.skill != skill { changes.changed.append(file.id) }
        } else {
            changes.added.append(file.id)
        }
        entries[file.id] = Entry(skill: skill, origin: file.origin)
    }

    // MARK: What skills say of each other

    /// Follows what these skills require.
    package var resolver: SkillResolver {
        let entries = entries
        return SkillResolver { entries[$0]?.skill }
    }

    /// Everything wrong between the skills: what is required and missing, circles, what requires its
    /// opponent. Each is told once, at the name that starts it.
    package var relationProblems: [Diagnostic] {
        var told: Set<SkillConflict> = []
        return sorted.flatMap { entry in
            Self.relations(of: entry.skill, known: Set(entries.keys), resolver) { problem in
                if case .cycle(let path) = problem {
                    // A circle is the same from wherever it is entered.
                    let circle = path.dropLast()
                    guard let least = circle.min(), let start = circle.firstIndex(of: least) else {
                        return false
                    }
                    let turned = Array(circle[start...] + circle[..<start])
                    return told.insert(.cycle(turned)).inserted
                }
                return told.insert(problem).inserted
            }
        }
    }

    /// What is wrong between one skill, as it was just read, and those of the catalogue.
    static func relations(of skill: Skill, in catalog: Catalog) -> [Diagnostic] {
        guard !(skill.requires + skill.conflicts + skill.enhancedBy).isEmpty else { return [] }
        var shelf = catalog.skillShelf()
        shelf.entries[skill.id] = Entry(skill: skill, origin: .project)
        return relations(of: skill, known: Set(shelf.entries.keys), shelf.resolver) { _ in true }
    }

    private static func relations(
        of skill: Skill, known: Set<SkillID>, _ resolver: SkillResolver, isNew: (SkillConflict) -> Bool
    ) -> [Diagnostic] {
        guard !(skill.requires + skill.conflicts + skill.enhancedBy).isEmpty else { return [] }
        var found: [Diagnostic] = []
        for name in skill.requires + skill.conflicts + skill.enhancedBy where !known.contains(name) {
            let isNeeded = skill.requires.contains(name)
            let nearest = Suggestion.nearest(to: name.rawValue, among: known.map(\.rawValue).sorted())
            found.append(
                Diagnostic(
                    severity: isNeeded ? .error : .warning, file: skill.path,
                    position: place(of: name, in: skill),
                    message: "The skill `\(skill.id)` names `\(name)`, which is not in the catalogue",
                    hint: nearest.map { "Did you mean `\($0)`?" }
                        ?? "`coord skills list` names the skills there are"))
        }
        for problem in resolver.resolve([skill.id]).problems {
            switch problem {
            case .missing(_, let user) where user == skill.id: continue
            case .cycle(let path) where !path.contains(skill.id): continue
            default: break
            }
            guard isNew(problem) else { continue }
            let text = problem.description
            found.append(
                Diagnostic(
                    file: skill.path, position: skill.requires.first.flatMap { place(of: $0, in: skill) },
                    message: text.prefix(1).uppercased() + text.dropFirst()))
        }
        return found
    }

    /// Where a manifest names another skill. Nil: it cannot be found again.
    private static func place(of name: SkillID, in skill: Skill) -> SourcePosition? {
        // The file was read a moment ago; if it is gone now, the message says enough.
        guard let bytes = try? SourceFile.read(skill.path, .skill),
            let root = try? LocatedValue.json(bytes, file: skill.path),
            case .object(let members) = root.content
        else { return nil }
        let keys = [SkillKey.requires, .conflicts, .enhancedBy].map(\.rawValue)
        for member in members where keys.contains(member.key) {
            guard case .list(let items) = member.value.content else { continue }
            if let item = items.first(where: { $0.string == name.rawValue }) { return item.position }
        }
        return nil
    }
}
