package import CoordJSON
package import CoordModel
package import CoordRuntime
package import CoordStore
package import CoordSystem
package import CoordWire

/// What a command works with: the arguments as they are meant here, where results and speech go, and the
/// world.
///
/// Confined to the main thread.
package final class CommandContext {
    private static let pieceBytes = 1 << 15

    package let arguments: LowArguments
    /// Standard output, for results.
    package let output: Output
    /// Standard error, for speech.
    package let diagnostics: Diagnostics
    package let surroundings: Surroundings
    /// How results are written.
    package let style: Style

    package init(
        arguments: LowArguments, output: Output, diagnostics: Diagnostics, surroundings: Surroundings,
        style: Style
    ) {
        self.arguments = arguments
        self.output = output
        self.diagnostics = diagnostics
        self.surroundings = surroundings
        self.style = style
    }

    /// Whether the answer is a JSON document.
    package var wantsJSON: Bool { arguments.has("json") }
    /// Whether a person may be asked.
    package var mayAsk: Bool {
        !arguments.has("no-input") && surroundings.outputIsTerminal && surroundings.speechIsTerminal
    }
    package var now: Timestamp { surroundings.now() }
    /// Columns for results: the terminal's, or many when the output is no terminal.
    package var columns: Int {
        surroundings.outputIsTerminal ? surroundings.terminalSize()?.columns ?? 80 : 400
    }

    /// An argument that is a path, made absolute.
    package func path(_ text: String) -> String { Files.absolute(text, base: surroundings.workingFolder) }

    /// The folder of the project that is meant, absolute; it need not be one.
    package var projectFolder: String {
        arguments.value("project").map(path) ?? surroundings.workingFolder
    }

    // MARK: Answers

    /// Writes one JSON document: laid out for people on a terminal, on one line otherwise.
    package func answer(_ document: JSONValue) {
        let text = surroundings.outputIsTerminal ? document.prettyText : document.text + "\n"
        output.write(TerminalText.escapedJSON(text))
    }

    /// Writes one JSON document that may be large: without a tree, unless it is laid out for people.
    package func answer(members: (inout MemberWriter) -> Void) {
        if surroundings.outputIsTerminal { return answer(MemberWriter.tree(members)) }
        var bytes: [UInt8] = []
        MemberWriter.append(to: &bytes, members)
        output.line(TerminalText.escapedJSON(String(decoding: bytes, as: UTF8.self)))
    }

    /// Writes a JSON document that is one list, item by item: it may be long.
    package func answer<Item>(
        _ schema: StaticString, _ name: StaticString, _ items: [Item],
        _ members: (Item, inout MemberWriter) -> Void
    ) {
        if surroundings.outputIsTerminal {
            return answer { writer in
                writer.string("schema", schema.description)
                writer.objects(name, items, members)
            }
        }
        output.write("{\"schema\":\"\(schema)\",\"\(name)\":[")
        var bytes: [UInt8] = []
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            MemberWriter.append(to: &bytes) { members(item, &$0) }
            guard bytes.count > Self.pieceBytes else { continue }
            output.write(TerminalText.escapedJSON(String(decoding: bytes, as: UTF8.self)))
            bytes.removeAll(keepingCapacity: true)
        }
        output.write(TerminalText.escapedJSON(String(decoding: bytes, as: UTF8.self)))
        output.line("]}")
    }

    // MARK: Project and journal

    /// The project whose journal a reading command shows.
    package func journalProject() throws(CommandFailure) -> StateFolder {
        try ProjectLookup(surroundings).forReading(project: arguments.value("project").map(path))
    }

    /// The journal of the project, for reading.
    package func journal() throws(CommandFailure) -> any Store {
        try openJournal(journalProject(), .readOnly)
    }

    /// Opens a project's journal, with its errors turned into failures.
    package func openJournal(
        _ state: StateFolder, _ mode: SQLiteStore.Mode
    ) throws(CommandFailure) -> SQLiteStore {
        do throws(StoreError) { return try SQLiteStore(path: state.database, mode: mode) } catch {
            if case .missing = error { throw ProjectLookup.noRun(in: state.project) }
            throw CommandFailure(error)
        }
    }

    /// The run that is asked for with `--run`, or the latest, with its journal.
    package func runReading() throws(CommandFailure) -> RunReading {
        let state = try journalProject()
        let store = try openJournal(state, .readOnly)
        let record: RunRecord
        if let wanted = arguments.value("run") {
            record = try find(wanted, in: store)
        } else {
            guard let latest = try CommandFailure.from({ () throws(StoreError) in try store.latestRun() })
            else {
                throw ProjectLookup.noRun(in: state.project)
            }
            record = latest
        }
        return RunReading(state: state, store: store, record: record, isAlive: surroundings.isAlive)
    }

    /// The run of that name, or the only one whose name starts so.
    package func find(_ name: String, in store: any Store) throws(CommandFailure) -> RunRecord {
        let runs = try CommandFailure.from { () throws(StoreError) in try store.runs() }
        if let exact = runs.first(where: { $0.id.rawValue == name }) { return exact }
        let similar = runs.filter { $0.id.rawValue.hasPrefix(name) }
        if similar.count == 1 { return similar[0] }
        if similar.count > 1 {
            throw CommandFailure(
                .wrongInput, "\(similar.count) runs have names that start with `\(name)`",
                hint: similar.prefix(5).map { "`\($0.id)`" }.joined(separator: ", "))
        }
        let nearest = Suggestion.nearest(to: name, among: runs.map(\.id.rawValue))
        throw CommandFailure(
            .wrongInput, "there is no run `\(name)`",
            hint: nearest.map { "did you mean `\($0)`?" } ?? "`coord runs` lists all runs")
    }
}

extension CommandFailure {
    /// The failure that a journal's error is to somebody who typed a command.
    package init(_ error: StoreError) {
        switch error {
        case .missing, .notADatabase, .foreign, .olderSchema, .unknownRun:
            self.init(.wrongInput, error.description)
        case .newerSchema:
            self.init(
                .wrongInput, error.description, hint: "use the version of coord that made it, or a newer one")
        case .locked:
            self.init(.notReachable, error.description, hint: "try again when the other process is done")
        case .diskFull:
            self.init(
                .notReachable, error.description, hint: "make room on the disk, then go on with --resume")
        case .needsRecovery(let path, _):
            self.init(
                .notReachable, error.description,
                hint: "make `\(Files.parent(path))` writable, or copy it to a folder that is")
        case .cannotOpen, .readOnly, .inputOutput: self.init(.notReachable, error.description)
        case .corrupt(let path, _):
            self.init(
                .notReachable, error.description,
                hint: "keep a copy of `\(path)`; `sqlite3 \(path) .recover` saves what can be read")
        case .refused, .outOfOrder, .unreadableFact, .unreadableRow:
            self.init(.internalFault, error.description)
        }
    }

    package init(_ error: SystemError, _ status: ExitStatus = .notReachable) {
        self.init(status, error.description)
    }

    /// Runs calls into the system with their errors turned into failures.
    package static func fromSystem<Value>(
        _ body: () throws(SystemError) -> Value
    ) throws(CommandFailure) -> Value {
        do throws(SystemError) { return try body() } catch { throw CommandFailure(error) }
    }

    /// Runs journal calls with their errors turned into failures.
    package static func from<Value>(
        _ body: () throws(StoreError) -> Value
    ) throws(CommandFailure) -> Value {
        do throws(StoreError) { return try body() } catch { throw CommandFailure(error) }
    }
}
