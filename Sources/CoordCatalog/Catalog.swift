package import CoordModel
import CoordSystem

/// The missions, roles and skills that people keep in folders. It reads nothing until it is asked, and then
/// only the folders the question is about; it remembers nothing, so every answer is what the disk holds now.
package struct Catalog: Sendable {
    package var locations: CatalogLocations

    package init(locations: CatalogLocations) { self.locations = locations }

    /// Every role of every place, first match wins. Broken files are named in `problems`, never fatal.
    package func roles() -> RoleShelf {
        RoleShelf(locations: locations)
    }

    /// Every skill of every place, by name. Manifests are not read.
    package func skills() -> [SkillEntry] {
        SkillEntry.all(in: locations)
    }

    /// Every skill of every place, read; first match wins. Broken files are named in `problems`, never fatal.
    package func skillShelf() -> SkillShelf {
        SkillShelf(locations: locations)
    }

    /// Every mission of every place, by name; first match wins. Broken ones are listed with what is wrong.
    package func missions() -> [MissionEntry] {
        var seen: Set<MissionID> = []
        var entries: [MissionEntry] = []
        for file in missionFiles() where seen.insert(file.id).inserted {
            entries.append(MissionEntry(file))
        }
        return entries.sorted { $0.id < $1.id }
    }

    /// The file that a MISSION argument means. A name such as `web-app` is looked up in the catalogue;
    /// anything else, and any name that is a file here, is a path.
    package func missionFile(_ argument: String, workingFolder: String? = nil) throws(Diagnostic) -> String {
        let path = workingFolder.map { Files.absolute(argument, base: $0) } ?? argument
        let looksLikeName = MissionID(argument).isValid && !Self.isMissionFile(argument)
        if !looksLikeName || (Files.kind(path) != nil && !Files.isFolder(path)) { return path }
        let files = missionFiles()
        if let file = files.first(where: { $0.id.rawValue == argument }) { return file.path }
        // A mission may be kept under another file name than its own.
        if let file = files.first(where: { MissionEntry($0).declaredID?.rawValue == argument }) {
            return file.path
        }
        let nearest = Suggestion.nearest(to: argument, among: files.map(\.id.rawValue))
        throw Diagnostic(
            file: argument, message: "There is no mission `\(argument)` in the catalogue, and no such file",
            hint: nearest.map { "Did you mean `\($0)`?" }
                ?? "`coord missions list` names the missions there are")
    }

    // MARK: Files

    struct MissionFileEntry {
        var id: MissionID
        var path: String
        var origin: CatalogOrigin
    }

    /// The mission files in the order of lookup; files whose name could not be typed as an id are left out.
    private func missionFiles() -> [MissionFileEntry] {
        var entries: [MissionFileEntry] = []
        for place in locations.places {
            let folder = place.folder + "/missions"
            for name in Self.names(in: folder) where Self.isMissionFile(name) {
                let stem = String(name[..<name.lastIndex(of: ".")!])
                guard MissionID(stem).isValid, !stem.hasSuffix(".schema") else { continue }
                entries.append(
                    MissionFileEntry(id: MissionID(stem), path: folder + "/" + name, origin: place.origin))
            }
        }
        return entries
    }

    static func isMissionFile(_ name: String) -> Bool {
        name.hasSuffix(".json") || name.hasSuffix(".md") || name.hasSuffix(".markdown")
    }

    /// The names in a folder, sorted; none when there is no such folder.
    static func names(in folder: String) -> [String] {
        // Most places have no such folder, and one that cannot be read holds nothing for this user.
        (try? Files.list(folder)) ?? []
    }
}

/// A mission as listings show it.
package struct MissionEntry: Sendable, Hashable {
    /// The name of the file, by which it is started.
    package var id: MissionID
    /// The id the file gives itself, when it gives one.
    package var declaredID: MissionID?
    package var name: String
    package var description: String
    /// How many tasks and how many workers it lists.
    package var taskCount: Int
    package var workerCount: Int
    package var path: String
    package var origin: CatalogOrigin
    /// Why the file cannot be read at all. Nil says only that it can; `validate` says whether it is right.
    package var problem: Diagnostic?

    init(_ file: Catalog.MissionFileEntry) {
        id = file.id
        name = file.id.rawValue
        description = ""
        taskCount = 0
        workerCount = 0
        path = file.path
        origin = file.origin
        do throws(Diagnostic) {
            let bytes = try SourceFile.read(path, .mission)
            if path.hasSuffix(".json") {
                readJSON(try LocatedValue.json(bytes, file: path))
            } else {
                let plan = PlanDocument(String(decoding: bytes, as: UTF8.self), file: path)
                name = plan.title.isEmpty ? name : plan.title
                description = plan.introduction
                taskCount = plan.openTaskCount
            }
        } catch {
            problem = error
        }
    }

    private mutating func readJSON(_ root: LocatedValue) {
        guard case .object(let members) = root.content else { return }
        for member in members {
            switch (MissionKey(rawValue: member.key), member.value.content) {
            case (.id, .string(let text)) where MissionID(text).isValid: declaredID = MissionID(text)
            case (.name, .string(let text)): name = text
            case (.description, .string(let text)): description = text
            case (.tasks, .list(let items)): taskCount = items.count
            case (.team, .list(let items)): workerCount = items.reduce(0) { $0 + Self.count($1) }
            default: break
            }
        }
    }

    private static func count(_ member: LocatedValue) -> Int {
        guard case .object(let members) = member.content,
            case .integer(let count)? = members.first(where: { $0.key == TeamKey.count.rawValue })?.value
                .content,
            let count = Int(exactly: count), MissionRange.members.contains(count)
        else { return 1 }
        return count
    }
}

/// A skill as its file name tells it: `skills/<category>/<id>.skill.json`, or a folder with a `SKILL.md`.
package struct SkillEntry: Sendable, Hashable {
    package var id: SkillID
    /// The folder between `skills/` and the manifest; nil for a folder with a `SKILL.md` right below
    /// `skills/`.
    package var category: String?
    package var path: String
    package var origin: CatalogOrigin

    /// By place, then by path; the first of a name wins, the others are left out.
    static func all(in locations: CatalogLocations) -> [SkillEntry] {
        var seen: Set<SkillID> = []
        var entries: [SkillEntry] = []
        for place in locations.places {
            let root = place.folder + "/skills"
            for entry in below(root, category: nil, origin: place.origin) where seen.insert(entry.id).inserted
            {
                entries.append(entry)
            }
        }
        return entries
    }

    /// Manifests and skill folders in a folder, and one level down.
    private static func below(_ folder: String, category: String?, origin: CatalogOrigin) -> [SkillEntry] {
        var entries: [SkillEntry] = []
        let ending = ".skill.json"
        for name in Catalog.names(in: folder) {
            let path = folder + "/" + name
            if name.hasSuffix(ending) {
                let id = SkillID(String(name.dropLast(ending.utf8.count)))
                if id.isValid {
                    entries.append(SkillEntry(id: id, category: category, path: path, origin: origin))
                }
            } else if SkillID(name).isValid, Files.isFolder(path) {
                let manual = path + "/SKILL.md"
                if Files.kind(manual) != nil {
                    entries.append(
                        SkillEntry(id: SkillID(name), category: category, path: manual, origin: origin))
                } else if category == nil {
                    entries += below(path, category: name, origin: origin)
                }
            }
        }
        return entries
    }
}
