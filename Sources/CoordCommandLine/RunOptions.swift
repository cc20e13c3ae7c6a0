import CoordJSON
import CoordModel
import CoordRuntime
import CoordSystem

/// What was typed over a mission when its run started and is in no record of the run. Kept in a file of the
/// state folder, so that `--resume` goes on under the same gate and not, in silence, under none.
struct RunOptions: Equatable {
    var goal: String?
    var gate: [String]

    private static func file(_ run: RunID, in state: StateFolder) -> String {
        state.root + "/options/\(run).json"
    }

    /// Nothing is written when nothing was typed.
    func write(_ run: RunID, in state: StateFolder) throws(SystemError) {
        guard goal != nil || !gate.isEmpty else { return }
        let document: JSONValue = [
            "schema": "coord.run-options/1", "goal": goal.map { .string($0) } ?? .null,
            "gate": .array(gate.map { .string($0) }),
        ]
        try Files.makeFolder(Files.parent(Self.file(run, in: state)), permissions: 0o700)
        try Files.writeAtomically(Array((document.text + "\n").utf8), to: Self.file(run, in: state))
    }

    /// Fails when there is a file that says nothing: going on without a gate would land what nobody tested.
    static func read(_ run: RunID, in state: StateFolder) throws(CommandFailure) -> RunOptions {
        let path = file(run, in: state)
        guard Files.kind(path) != nil else { return RunOptions(goal: nil, gate: []) }
        let text = try CommandFailure.fromSystem { () throws(SystemError) in try Files.readText(path) }
        // No JSON is as damaged as JSON without a gate: both are told in the same words.
        guard case .object(let members)? = try? JSONParser.parse(text), let gate = members["gate"]?.arrayValue
        else {
            throw CommandFailure(
                .wrongInput, "the options of run `\(run)`, `\(path)`, are damaged",
                hint: "remove the file and name the gate again with `--gate CMD`")
        }
        return RunOptions(goal: members["goal"]?.stringValue, gate: gate.compactMap(\.stringValue))
    }
}
