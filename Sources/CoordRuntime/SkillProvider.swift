import CoordCatalog
import CoordModel
import CoordSkills
import CoordStore
import CoordSystem

/// Gives each attempt the skills that fit its task, out of the pool as it is at that moment.
///
/// Confined to the loop's thread. The pool is read when the first agent needs it, and looked at again before
/// each choice: a file that changed counts from the next attempt on; what was handed out stays as it was.
final class SkillProvider {
    private let parts: Coordinator.Parts
    private var shelf: SkillShelf?
    private var index = SkillIndex([])
    private var usage = SkillUsage()
    /// Whether the file of the pool is as the pool is now.
    private var isPoolWritten = false
    /// What a model said for a task, and of which candidates.
    private var rankings: [TaskID: (candidates: [SkillID], ranked: [RankedSkill])] = [:]

    init(_ parts: Coordinator.Parts) { self.parts = parts }

    /// The skills for an attempt, the best first, each with whether a person agreed to it as it is.
    func skills(for spec: TaskSpec, on slot: SlotSpec) -> [GivenSkills.Entry] {
        let shelf = refreshed()
        guard !shelf.entries.isEmpty else { return [] }
        let request = request(spec, slot)
        let chosen = SkillSelection(index, usage: usage)
            .choose(request, ranked: rankings[spec.id]?.ranked).skills
        let agreed = agreements()
        return chosen.compactMap { item in
            shelf[item.id].map {
                GivenSkills.Entry(
                    skill: $0, isApproved: agreed($0), isPinned: request.pinned.contains(item.id))
            }
        }
    }

    private func request(_ spec: TaskSpec, _ slot: SlotSpec) -> SkillRequest {
        let role = (spec.role ?? slot.role).flatMap { parts.plan.roles[$0] }
        return SkillRequest(
            text: spec.title + "\n" + spec.prompt, role: role, category: spec.category,
            pinned: spec.skills + memberSkills(slot) + (role?.skills ?? []))
    }

    /// What a model is to be asked before the task is handed out. Nil: few skills fit, or it was asked about
    /// the same ones before.
    func question(for spec: TaskSpec, on slot: SlotSpec) -> (request: SkillRequest, candidates: [Skill])? {
        _ = refreshed()
        let request = request(spec, slot)
        let candidates = SkillSelection(index, usage: usage).candidates(for: request)
        if let known = rankings[spec.id], known.candidates == candidates.map(\.id) { return nil }
        rankings[spec.id] = nil
        return candidates.isEmpty ? nil : (request, candidates)
    }

    /// Keeps a model's word for every attempt of the task.
    func keep(_ ranked: [RankedSkill], of candidates: [Skill], for task: TaskID) {
        rankings[task] = (candidates.map(\.id), ranked)
    }

    /// Where the agreements cannot be read, nothing is agreed to.
    private func agreements() -> (Skill) -> Bool {
        let approvals = try? Approvals(stateFolder: parts.state.root)
        return { approvals?.allows($0) ?? false }
    }

    /// The file with all there are, for attempts that look for more; written when it is not as the pool is.
    /// Nil: there are none.
    func pool() throws(SystemError) -> String? {
        let shelf = refreshed()
        guard !shelf.entries.isEmpty else { return nil }
        let file = parts.state.pool(parts.run)
        if !isPoolWritten {
            let agreed = agreements()
            let entries = shelf.sorted.map {
                GivenSkills.Entry(skill: $0.skill, isApproved: agreed($0.skill))
            }
            try Files.makeFolder(Files.parent(file), permissions: 0o700)
            try Files.writeAtomically(
                GivenSkills.encoded(entries), to: file, permissions: 0o600, step: .prompt)
            isPoolWritten = true
        }
        return file
    }

    /// The folders in which programs of skills lie beside their manifests: any attempt may find such a skill.
    func programFolders() -> [String] {
        Set(refreshed().sorted.compactMap { $0.skill.programBeside }.map(Files.parent)).sorted()
    }

    /// What the team says for the member that the worker is one of.
    private func memberSkills(_ slot: SlotSpec) -> [SkillID] {
        let name = slot.worker.rawValue
        let member = parts.plan.mission.team.first { team in
            guard name.hasPrefix(team.id + "-") else { return false }
            let rest = name.dropFirst(team.id.count + 1)
            return !rest.isEmpty && rest.allSatisfy(\.isNumber)
        }
        return member?.skills ?? []
    }

    private func refreshed() -> SkillShelf {
        guard var shelf else {
            let first = parts.plan.catalog?.skillShelf() ?? SkillShelf()
            // Without what earlier runs tell, the choice is the same as in the first one.
            usage =
                (try? SkillHistory.usage(in: parts.store) { first[$0] != nil }) ?? SkillUsage()
            index = SkillIndex(first.sorted.map(\.skill))
            self.shelf = first
            return first
        }
        if !shelf.reload().isEmpty {
            index = SkillIndex(shelf.sorted.map(\.skill))
            isPoolWritten = false
        }
        self.shelf = shelf
        return shelf
    }
}

extension AssignmentWriter {
    /// What an attempt is given beside its task: the text about its skills for the prompt, the file with
    /// them, and what the project says to agents that do not look for it themselves.
    struct Equipment {
        var skills = ""
        var skillsFile: String?
        var pool: String?
        var given: [Skill] = []
        var context = ""
    }

    /// Chooses the skills of an attempt and writes them into a folder that its agent may only read.
    func equip(_ slot: SlotSpec, _ spec: TaskSpec, in folder: String) throws(SystemError) -> Equipment {
        var equipment = Equipment()
        equipment.pool = try skills.pool()
        equipment.context = context(for: slot)
        let given = skills.skills(for: spec, on: slot)
        guard !given.isEmpty else { return equipment }
        equipment.given = given.map(\.skill)
        equipment.skills = SkillTools.prompt(given.map(\.skill))
        let file = folder + "/skills.json"
        try Files.makeFolder(folder, permissions: 0o700)
        try Files.writeAtomically(GivenSkills.encoded(given), to: file, permissions: 0o600, step: .prompt)
        equipment.skillsFile = file
        return equipment
    }

    /// The servers of the project's `.mcp.json` that a person agreed to as they are; no other is offered.
    func agreedServers() -> [MCPServerSpec] {
        let servers = ProjectServer.all(in: project).servers
        // Where the agreements cannot be read, nothing is agreed to.
        guard !servers.isEmpty, let approvals = try? Approvals(stateFolder: project + "/.coord/state") else {
            return []
        }
        return servers.filter { approvals.allows($0.approvalName, $0.contentHash) }.map(\.spec)
    }

    /// The files in which projects speak to agents, the first that is there. Named clients read their own.
    private static let contextFiles = ["AGENTS.md", "CLAUDE.md"]
    private static let contextBytesMax = 16 << 10

    /// As the project's own checkout has it, never as a worktree does: what an agent wrote there counts when
    /// it has landed.
    private func context(for slot: SlotSpec) -> String {
        guard case .command = slot.agent else { return "" }
        for name in Self.contextFiles {
            // A file that is not there, leads elsewhere or cannot be read says nothing.
            let bytes = try? Files.readUntrusted(
                name, in: project, firstBytes: Self.contextBytesMax)
            if let bytes, !bytes.isEmpty { return String(decoding: bytes, as: UTF8.self) }
        }
        return ""
    }
}
