import CoordModel
import CoordSystem

/// What coord remembers of a slot's worktree: for whom it was prepared, and which commits hold its work
/// already.
struct SlotNote: Equatable {
    var lease: Lease
    var run: RunID
    var base: ObjectID
    /// Commits whose content is kept: the base, snapshots, rescues, and heads that went into them.
    var saved: [ObjectID]
    var state = State.ready

    enum State: String {
        /// The private index holds what `saved` keeps: whatever differs from it is new.
        case ready
        /// Its files are being made equal to a base, or a reviewer has them: what is there nobody needs.
        case reset
        /// Its work is being taken over: the private index may hold files that no commit keeps yet.
        case taking
    }

    var text: String {
        ([
            "coord-slot 1", run.rawValue, lease.task.rawValue, "\(lease.attempt)",
            state.rawValue, base.rawValue,
        ] + saved.map(\.rawValue)).joined(separator: "\n") + "\n"
    }

    init(lease: Lease, run: RunID, base: ObjectID, saved: [ObjectID]) {
        self.lease = lease
        self.run = run
        self.base = base
        self.saved = saved
    }

    /// Nil when the text is not a whole note.
    init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 7, lines[0] == "coord-slot 1", lines.last == "", let attempt = Int(lines[3]),
            let state = State(rawValue: lines[4]), let base = ObjectID(lines[5])
        else { return nil }
        run = RunID(lines[1])
        lease = Lease(task: TaskID(lines[2]), attempt: attempt)
        self.base = base
        self.state = state
        saved = lines[6...].dropLast().compactMap { ObjectID($0) }
    }
}

extension Workspace {
    func notePath(_ slot: String) -> String { stateFolder + "/slots/" + slot }

    /// The note of a slot; nil when there is none or it is not whole.
    func note(of slot: String) throws(GitError) -> SlotNote? {
        try OwnFiles.read(notePath(slot)).flatMap { SlotNote($0) }
    }

    func write(_ note: SlotNote, of slot: String) throws(GitError) {
        try OwnFiles.write(note.text, to: notePath(slot), step: .slotNote)
    }

    /// Remembers that further commits hold the slot's work.
    func addSaved(_ commits: [ObjectID], slot: String, lease: Lease, base: ObjectID) throws(GitError) {
        var note = try self.note(of: slot) ?? SlotNote(lease: lease, run: run, base: base, saved: [base])
        // The list stays short: what counts is the last few states of one attempt.
        note.saved = (note.saved + commits.filter { !note.saved.contains($0) }).suffix(16)
        note.state = .ready
        try write(note, of: slot)
    }

    /// From here on the private index says nothing about what is kept, until `addSaved`.
    func beginTaking(_ slot: String, _ base: ObjectID) throws(GitError) {
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.takingUnmarked) { return }
        #endif
        guard var note = try note(of: slot), note.state != .taking else { return }
        note.state = .taking
        try write(note, of: slot)
    }

    /// The slots that have a note, sorted.
    func recordedSlots() throws(GitError) -> [String] {
        var slots: [String] = []
        for name in try OwnFiles.list(stateFolder + "/slots") where WorkerID(name).isValid {
            if try note(of: name) != nil { slots.append(name) }
        }
        return slots
    }
}
