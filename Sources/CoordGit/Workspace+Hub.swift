import CoordModel
import CoordSystem
import Synchronization

/// What opening the hub had to mend.
package struct HubReport: Sendable, Equatable {
    package var isNew = false
    /// Where the broken hub was put aside.
    package var brokenHub: String?
    /// Sentences for the log.
    package var repairs: [String] = []
    /// Work that was found in worktrees of a broken hub.
    package var rescues: [Rescue] = []
}

extension Workspace {
    /// Makes the hub, or checks and mends the one that is there. One that cannot be mended is put aside, a
    /// new one made, and unsaved work of its worktrees rescued into it. Call it before anything else, while
    /// no agent runs.
    @discardableResult
    package func openHub() throws(GitError) -> HubReport {
        var report = HubReport()
        try makeFolders()
        if Files.kind(hub) != nil {
            try mendHub(&report)
            if try isHubSound() {
                try adoptKept()
                try openKept()
                return report
            }
            report.brokenHub = try putHubAside()
        } else {
            // One that was put aside when we died, before the new one stood in its place.
            report.brokenHub = brokenHubs().last
        }
        try createHub(&report)
        report.isNew = true
        if report.brokenHub != nil {
            try adoptKept()
            for slot in try recordedSlots() {
                if let rescue = try rescueLeftovers(slot) { report.rescues.append(rescue) }
            }
        }
        try openKept()
        return report
    }

    private func makeFolders() throws(GitError) {
        for folder in [stateFolder, stateFolder + "/index", stateFolder + "/slots", stateFolder + "/empty"] {
            try OwnFiles.makeFolder(folder)
        }
        try OwnFiles.makeFolder(worktrees, permissions: 0o755)
        // The folders hide themselves, so nothing of the project's own settings has to change.
        for folder in [Files.parent(hub), worktrees] where Files.kind(folder + "/.gitignore") == nil {
            try OwnFiles.write("*\n", to: folder + "/.gitignore", step: .ignoreFile)
        }
        for folder in [stateFolder, stateFolder + "/index", stateFolder + "/slots", Files.parent(hub)] {
            Files.removeAbandoned(in: folder)
        }
        for name in try OwnFiles.list(stateFolder + "/index") where name.hasSuffix(".lock") {
            OwnFiles.removeLock(stateFolder + "/index/" + name)
        }
    }

    // MARK: - Making

    /// Whole when it comes to its place, with all that a broken one held.
    private func createHub(_ report: inout HubReport) throws(GitError) {
        let making = Files.name(hub) + ".making"
        for name in try OwnFiles.list(Files.parent(hub)) where name.hasPrefix(making) {
            // A git that a killed coordinator started may still write there; the next start takes it away.
            try? OwnFiles.removeTree(Files.parent(hub) + "/" + name, step: .hubMaking)
        }
        let fresh = hub + ".making-" + String(UInt32.random(in: .min ... .max), radix: 36)
        try OwnFiles.makeFolder(fresh)
        _ = try runner.discover(
            .createRepository(bare: true, objectFormat: project.objectFormat), from: fresh)
        try writeAlternates(in: fresh)
        if project.isShallow {
            try OwnFiles.copy(project.commonFolder + "/shallow", to: fresh + "/shallow", step: .hubMaking)
        }
        try OwnFiles.makeFolder(fresh + "/info")
        // There from the start: sandboxes hide it, also while no worktree was made yet.
        try OwnFiles.makeFolder(fresh + "/worktrees")
        for name in ["exclude", "attributes"]
        where Files.kind(project.commonFolder + "/info/" + name) == .file {
            try OwnFiles.copy(
                project.commonFolder + "/info/" + name, to: fresh + "/info/" + name, step: .hubMaking)
        }
        let listed = try runner.run(.listReferences(["refs/heads", "refs/tags"]), at: objects)
        try OwnFiles.write(
            "# pack-refs with:\n" + String(decoding: listed.output, as: UTF8.self),
            to: fresh + "/packed-refs", step: .hubMaking)
        try OwnFiles.write("ref: refs/heads/coord/none\n", to: fresh + "/HEAD", step: .hubMaking)
        try OwnFiles.write(hubSettings(), to: fresh + "/config", step: .hubMaking)
        try OwnFiles.write(Self.ownSettings, to: fresh + "/config.worktree", step: .hubMaking)
        if let broken = report.brokenHub { try adoptReferences(from: broken, into: fresh, &report) }
        try OwnFiles.rename(fresh, to: hub, step: .hubMaking)
    }

    /// The project's objects, and those of hubs that were put aside.
    private func writeAlternates(in folder: String) throws(GitError) {
        let old = brokenHubs().map { $0 + "/objects" }.filter { Files.kind($0) == .folder }
        let lines = ([project.commonFolder + "/objects"] + old).map { $0 + "\n" }
        try OwnFiles.write(lines.joined(), to: folder + "/objects/info/alternates", step: .hubMaking)
    }

    /// What is the hub's alone and no worktree's. In the shared file an agent's `git sparse-checkout` would
    /// move it here itself, and until it had, every git in every worktree would fail (git-worktree(1)).
    private static let ownSettings = "[core]\n\tbare = true\n"

    /// The configuration that the hub and its worktrees share. An agent works under it, so it has what makes
    /// files look as in the project.
    private func hubSettings() -> String {
        memory.withLock { memory in
            if let known = memory.hubSettings { return known }
            var lines: [(section: String, name: String, value: String)] = [
                ("core", "repositoryformatversion", "1"), ("extensions", "worktreeConfig", "true"),
                ("core", "logAllRefUpdates", "true"),
                ("core", "hooksPath", "/dev/null"), ("gc", "auto", "0"), ("maintenance", "auto", "false"),
                ("push", "default", "nothing"), ("commit", "gpgSign", "false"),
            ]
            if project.objectFormat == "sha256" { lines.append(("extensions", "objectFormat", "sha256")) }
            for setting in project.settings where !setting.name.hasPrefix("user.") {
                let parts = setting.name.split(separator: ".", omittingEmptySubsequences: false)
                guard parts.count >= 2, let section = parts.first, let name = parts.last else { continue }
                let inner = parts.dropFirst().dropLast().joined(separator: ".")
                let header = parts.count > 2 ? "\(section) \(Self.quoted(inner))" : String(section)
                lines.append((header, String(name), setting.value))
            }
            lines += [("user", "name", identity.name), ("user", "email", identity.email)]
            let text = lines.map { "[\($0.section)]\n\t\($0.name) = \(Self.quoted($0.value))\n" }.joined()
            memory.hubSettings = text
            return text
        }
    }

    /// A value as git's configuration quotes it.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(character)
            }
        }
        return result + "\""
    }

    // MARK: - Mending

    /// Puts the hub's configuration back when it was changed: agents can write it, and it would run for the
    /// next one. Cheap when it was not.
    func restoreHubSettings() throws(GitError) {
        for (name, wanted) in [("config", hubSettings()), ("config.worktree", Self.ownSettings)] {
            let path = hub + "/" + name
            guard try OwnFiles.read(path) != wanted else { continue }
            try OwnFiles.removeTree(path, step: .hubSettings)
            try OwnFiles.write(wanted, to: path, step: .hubSettings)
        }
        if Files.kind(hub + "/hooks") != nil {
            try OwnFiles.removeTree(hub + "/hooks", step: .hubSettings)
        }
    }

    /// Removes what killed git processes leave: locks, and worktree entries that make every command fail.
    private func mendHub(_ report: inout HubReport) throws(GitError) {
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.hubUnmended) { return }
        #endif
        var waiting = ["", "refs"]
        while let inner = waiting.popLast() {
            let folder = inner.isEmpty ? hub : hub + "/" + inner
            Files.removeAbandoned(in: folder)
            for name in try OwnFiles.list(folder) {
                let path = folder + "/" + name
                if name.hasSuffix(".lock"), isStale(path) {
                    OwnFiles.removeLock(path)
                    report.repairs.append("removed the stale lock `\(path)` (its owner is dead)")
                } else if !inner.isEmpty, Files.kind(path) == .folder {
                    waiting.append(inner + "/" + name)
                }
            }
        }
        try OwnFiles.makeFolder(hub + "/worktrees")
        for name in try OwnFiles.list(hub + "/worktrees") {
            let folder = hub + "/worktrees/" + name
            // One that begins with a dot was not yet in its place.
            let isWhole =
                !name.hasPrefix(".")
                && ["commondir", "gitdir", "HEAD"].allSatisfy {
                    (Files.size(folder + "/" + $0) ?? 0) > 0
                }
            guard !isWhole else { continue }
            try OwnFiles.removeTree(folder, step: .hubRepair)
            report.repairs.append("removed the half-made worktree entry `\(name)` of the hub")
        }
        if Files.kind(hub + "/objects") == .folder,
            try !(OwnFiles.read(hub + "/objects/info/alternates") ?? "").hasPrefix(
                project.commonFolder + "/objects\n")
        {
            try writeAlternates(in: hub)
            report.repairs.append("pointed the hub at the project's objects again")
        }
    }

    /// Whether a lock is old enough that no git that just started holds it.
    private func isStale(_ path: String) -> Bool {
        guard let time = Files.modificationTime(path) else { return false }
        return RuntimeClock().now().milliseconds - time / 1_000_000 > 2000
    }

    private func isHubSound() throws(GitError) -> Bool {
        guard try ReferenceFiles.content(hub + "/HEAD") != nil, Files.kind(hub + "/refs") == .folder,
            Files.kind(hub + "/objects") == .folder
        else { return false }
        // Before git reads the hub: its settings may be an agent's.
        try restoreHubSettings()
        let place = GitPlace(
            gitFolder: hub, workTree: stateFolder + "/empty", index: stateFolder + "/empty.index")
        // Whatever the reason is, a hub that cannot list its references is broken.
        return (try? runner.run(.listReferences(["refs/coord", "refs/heads"]), at: place)) != nil
    }

    private func putHubAside() throws(GitError) -> String {
        let path = "\(hub).broken-\(brokenHubs().count + 1)"
        try OwnFiles.rename(hub, to: path, step: .hubReplacement)
        return path
    }

    /// The hubs that were put aside, the latest last.
    func brokenHubs() -> [String] {
        var found: [String] = []
        while Files.kind("\(hub).broken-\(found.count + 1)") != nil {
            found.append("\(hub).broken-\(found.count + 1)")
        }
        return found
    }

    /// Takes over the references of a broken hub that still lead to commits, with its objects.
    private func adoptReferences(
        from broken: String, into fresh: String, _ report: inout HubReport
    ) throws(GitError) {
        guard Files.kind(broken + "/objects") == .folder else { return }
        let old = ReferenceFiles(folder: broken)
        let found = try old.list(below: "refs/coord") + old.list(below: "refs/heads/coord")
        guard !found.isEmpty else { return }
        var place = objects
        let kept = try OwnFiles.list(broken + "/kept").map { broken + "/kept/" + $0 }
        place.alternates = [broken + "/objects"] + kept
        let question = found.map { $0.commit.rawValue + "\n" }.joined()
        let answer = try runner.run(.checkObjects, at: place, input: Array(question.utf8))
        let kinds = String(decoding: answer.output, as: UTF8.self).split(separator: "\n")
        for (reference, kind) in zip(found, kinds) where kind == "commit" {
            try OwnFiles.write(
                reference.commit.rawValue + "\n", to: fresh + "/" + reference.name, step: .hubReplacement)
        }
        report.repairs.append("took over \(found.count) references of the broken hub")
    }
}
