package import CoordModel
import CoordSystem

/// Work that was handed in and has not landed, and the candidates built of it.
///
/// Nothing in the project refers to it, so a `git gc` of the user's may drop it there. The hub has the same
/// objects under names of its own (hard links, so they take no room), one folder for each run, and a
/// reference to each commit of a worker: `refs/coord/kept/<run>/<task>/<attempt>`. What the project lost is
/// given back before the work is staged, tested and landed.
extension Workspace {
    private static let keptPrefix = "refs/coord/kept"

    /// Holds an object folder for each run; the hub borrows from them.
    private var keptFolder: String { hub + "/kept" }
    /// Where git writes what a snapshot adds. No run has such a name.
    private func collection(of slot: String) -> String { keptFolder + "/." + slot }
    private var projectObjects: String { project.commonFolder + "/objects" }

    /// Makes the run's folder for objects and has the hub borrow from it.
    func openKept() throws(GitError) {
        try OwnFiles.makeFolder(keptFolder + "/\(run)", permissions: 0o755)
        try borrow { $0.contains(keptFolder + "/\(run)") ? $0 : $0 + [keptFolder + "/\(run)"] }
    }

    private func borrow(_ change: ([String]) -> [String]) throws(GitError) {
        let path = hub + "/objects/info/alternates"
        let lines = try (OwnFiles.read(path) ?? "").split(separator: "\n").map(String.init)
        let wanted = change(lines)
        guard wanted != lines else { return }
        try OwnFiles.write(wanted.map { $0 + "\n" }.joined(), to: path, step: .hubRepair)
    }

    /// Takes what a broken hub, put aside, had kept of unlanded work, and has the hub borrow all that is
    /// kept: each time the hub is opened, because a crash may have come in between. The references of a
    /// broken hub are adopted with all others.
    func adoptKept() throws(GitError) {
        if Files.kind(keptFolder) == nil, let kept = brokenHubs().last.map({ $0 + "/kept" }),
            Files.kind(kept) == .folder
        {
            try OwnFiles.rename(kept, to: keptFolder, step: .hubReplacement)
        }
        for name in try OwnFiles.list(keptFolder) where RunID(name).isValid {
            try borrow { $0.contains(keptFolder + "/\(name)") ? $0 : $0 + [keptFolder + "/\(name)"] }
        }
    }

    // MARK: - Keeping

    /// The slot's worktree with a folder of its own for new objects, empty.
    func collecting(_ slot: String) throws(GitError) -> GitPlace {
        try collecting(in: collection(of: slot), place(of: slot))
    }

    /// The project's objects with a folder for those of a candidate, empty.
    func collectingCandidate() throws(GitError) -> GitPlace {
        try collecting(in: collection(of: Self.candidateName), objects)
    }

    private func collecting(in folder: String, _ place: GitPlace) throws(GitError) -> GitPlace {
        try OwnFiles.removeTree(folder, step: .keptWork)
        try OwnFiles.makeFolder(folder, permissions: 0o755)
        var place = place
        place.newObjects = folder
        place.alternates = [projectObjects]
        return place
    }

    /// No slot can have this name: an identifier starts with a letter or a digit.
    private static let candidateName = "_candidate"

    /// How many objects were written.
    func collected(_ slot: String) throws(GitError) -> Int {
        var count = 0
        for name in try OwnFiles.list(collection(of: slot)) where name.utf8.count == 2 {
            count += try OwnFiles.list(collection(of: slot) + "/" + name).count
        }
        return count
    }

    /// Gives the project what was collected and keeps it for the run, with a reference to the commit.
    ///
    /// - Parameter isWhole: git wrote everything that the work adds. Else some of it lay in the project
    ///   before, perhaps unreferenced too, and all is packed.
    func keep(_ commit: ObjectID, slot: String, lease: Lease, base: ObjectID, isWhole: Bool) throws(GitError)
    {
        let collection = collection(of: slot)
        if !isWhole {
            try OwnFiles.makeFolder(collection + "/pack", permissions: 0o755)
            var place = objects
            place.alternates = [collection]
            try pack(commit, without: base, into: collection, at: place)
        }
        try keepCollected(collection)
        try OwnFiles.write(
            commit.rawValue + "\n", to: hub + "/\(Self.keptPrefix)/\(run)/\(lease.task)/\(lease.attempt)",
            permissions: 0o644, step: .keptWork)
    }

    /// Gives the project the candidate's objects that were collected, and keeps them for the run.
    func keepCandidate() throws(GitError) { try keepCollected(collection(of: Self.candidateName)) }

    private func keepCollected(_ collection: String) throws(GitError) {
        let files = try Self.objectFiles(in: collection)
        do throws(SystemError) {
            try FailPoint.pass(.keptWork, .before)
            for file in files {
                if !file.hasPrefix("pack/") { try share(collection, file, with: projectObjects) }
                let kept = keptFolder + "/\(run)/" + file
                try Files.makeFolder(Files.parent(kept))
                try Files.rename(collection + "/" + file, to: kept, step: nil)
            }
            try FailPoint.pass(.keptWork, .between)
        } catch { throw .system(error) }
        try OwnFiles.removeTree(collection, step: .keptWork)
    }

    private func share(_ folder: String, _ file: String, with objects: String) throws(SystemError) {
        let path = objects + "/" + file
        let inner = Files.parent(path)
        if Files.kind(inner) == nil {
            try Files.makeFolder(inner, permissions: Files.permissions(objects) ?? 0o755)
        }
        try Files.share(folder + "/" + file, as: path)
    }

    /// Objects and packs of an object folder; of each pack its index last, for that makes it visible.
    private static func objectFiles(in folder: String) throws(GitError) -> [String] {
        var files: [String] = []
        for inner in try OwnFiles.list(folder) where inner.utf8.count == 2 || inner == "pack" {
            let names = try OwnFiles.list(folder + "/" + inner).map { inner + "/" + $0 }
            files += names.filter { !$0.hasSuffix(".idx") } + names.filter { $0.hasSuffix(".idx") }
        }
        return files
    }

    // MARK: - Giving back

    /// Gives the project back what it lost of the run's work, unless the commit lies there. A commit that the
    /// user's git packed meanwhile looks lost; giving it again does no harm.
    func giveBack(_ commit: ObjectID) throws(GitError) {
        let name = commit.rawValue
        guard Files.kind(projectObjects + "/\(name.prefix(2))/\(name.dropFirst(2))") == nil else { return }
        let folder = keptFolder + "/\(run)"
        let files = try Self.objectFiles(in: folder)
        do throws(SystemError) {
            for file in files { try share(folder, file, with: projectObjects) }
        } catch { throw .system(error) }
    }

    // MARK: - Letting go

    /// Forgets the references to the work of a task that landed. Its objects go with the run's.
    package func release(_ task: TaskID) throws(GitError) {
        try OwnFiles.removeTree(hub + "/\(Self.keptPrefix)/\(run)/\(task)", step: .keptWork)
    }

    /// The runs of which the hub has branches or kept work, this one left out.
    package func earlierRuns() throws(GitError) -> [RunID] {
        var names: [String] = []
        for place in ["/refs/heads/coord", "/kept", "/" + Self.keptPrefix] {
            names += try OwnFiles.list(hub + place)
        }
        return Set(names).map { RunID($0) }.filter { $0.isValid && $0 != run }.sorted {
            $0.rawValue < $1.rawValue
        }
    }

    /// Takes away what the hub has of a run that is over: branches, their logs, kept work. What was handed in
    /// and has not landed is rescued first, and answered.
    ///
    /// - Parameter hasLanded: of a task of that run.
    @discardableResult
    package func forget(_ old: RunID, hasLanded: (TaskID) -> Bool) throws(GitError) -> [Rescue] {
        var rescues: [Rescue] = []
        var place = objects
        place.alternates = [hub + "/objects"]
        for (name, commit) in try hubReferences.list(below: Self.keptPrefix + "/\(old)") {
            let parts = name.split(separator: "/")
            guard parts.count == 6, let attempt = Int(parts[5]) else { continue }
            let lease = Lease(task: TaskID(String(parts[4])), attempt: attempt)
            guard !hasLanded(lease.task) else { continue }
            try pack(commit, without: try head(of: targetReference), into: hub + "/objects", at: place)
            let rescue = Rescue(
                lease: lease, commit: commit, reference: try rescueReference(of: lease, in: old))
            try write(rescue)
            rescues.append(rescue)
        }
        for folder in ["refs/heads/coord", "logs/refs/heads/coord", Self.keptPrefix] {
            try OwnFiles.removeTree(hub + "/\(folder)/\(old)", step: .hubTidying)
        }
        try borrow { $0.filter { $0 != keptFolder + "/\(old)" } }
        try OwnFiles.removeTree(keptFolder + "/\(old)", step: .hubTidying)
        return rescues
    }
}
