import CoordJSON
import CoordModel
import CoordRuntime
import CoordSystem

/// What was typed over a mission when its run started and is in no record of the run. Kept in a file of the
/// state folder, so that `--resume` goes on under the same gate and the same sandbox and not, in silence,
/// under none.
struct RunOptions: Equatable {
    var goal: String?
    var gate: [String] = []
    /// Nil: nothing was said of a sandbox.
    var sandbox: SandboxSettings?

    /// What the arguments say.
    init(_ context: CommandContext) {
        let arguments = context.arguments
        goal = arguments.value("goal")
        gate = arguments.values("gate")
        let word = arguments.value("sandbox")
        let network = arguments.value("sandbox-network")
        let readable = arguments.values("sandbox-read").map(context.path)
        let writable = arguments.values("sandbox-write").map(context.path)
        guard word != nil || network != nil || !readable.isEmpty || !writable.isEmpty else { return }
        sandbox = SandboxSettings(
            mechanism: word.flatMap(SandboxMechanism.init(rawValue:)), allowsNetwork: network != "off",
            readable: readable, writable: writable)
    }

    /// What `COORD_SANDBOX` asks for, where neither the arguments nor an earlier start said anything.
    mutating func complete(from environment: String?) throws(CommandFailure) {
        guard sandbox == nil, let word = environment, !word.isEmpty, word != "auto" else { return }
        guard let mechanism = SandboxMechanism(rawValue: word) else {
            throw CommandFailure(
                .wrongInput, "`COORD_SANDBOX` is `\(word)`, which is no sandbox coord knows",
                hint: "auto, " + SandboxMechanism.allCases.map(\.rawValue).joined(separator: ", "))
        }
        sandbox = SandboxSettings(mechanism: mechanism)
    }

    private init() {}

    /// These, and what an earlier start of the run said where they say nothing.
    func completed(by earlier: RunOptions) -> RunOptions {
        var result = self
        result.goal = goal ?? earlier.goal
        if gate.isEmpty { result.gate = earlier.gate }
        result.sandbox = sandbox ?? earlier.sandbox
        return result
    }

    // MARK: - The file

    static func file(_ run: RunID, in state: StateFolder) -> String {
        state.root + "/options/\(run).json"
    }

    /// Nothing is written when nothing was typed.
    func write(_ run: RunID, in state: StateFolder) throws(SystemError) {
        guard self != RunOptions() else { return }
        func texts(_ items: [String]) -> JSONValue { .array(items.map { .string($0) }) }
        let confinement = sandbox.map { sandbox -> JSONValue in
            [
                "mechanism": .string(sandbox.mechanism?.rawValue ?? "auto"),
                "network": .bool(sandbox.allowsNetwork), "read": texts(sandbox.readable),
                "write": texts(sandbox.writable),
            ]
        }
        let document: JSONValue = [
            "schema": "coord.run-options/1", "goal": goal.map { .string($0) } ?? .null, "gate": texts(gate),
            "sandbox": confinement ?? .null,
        ]
        try Files.makeFolder(Files.parent(Self.file(run, in: state)), permissions: 0o700)
        try Files.writeAtomically(
            Array((document.text + "\n").utf8), to: Self.file(run, in: state), step: .runOptions)
    }

    /// Fails when there is a file that says nothing: going on without a gate would land what nobody tested.
    static func read(_ run: RunID, in state: StateFolder) throws(CommandFailure) -> RunOptions {
        var options = RunOptions()
        let path = file(run, in: state)
        guard Files.kind(path) != nil else { return options }
        let text = try CommandFailure.fromSystem { () throws(SystemError) in try Files.readText(path) }
        // No JSON is as damaged as JSON without a gate: both are told in the same words.
        guard case .object(let members)? = try? JSONParser.parse(text),
            let gate = members["gate"]?.arrayValue, let sandbox = sandbox(members["sandbox"] ?? .null)
        else {
            throw CommandFailure(
                .wrongInput, "the options of run `\(run)`, `\(path)`, are damaged",
                hint: "remove the file and name the gate again with `--gate CMD`")
        }
        options.goal = members["goal"]?.stringValue
        options.gate = gate.compactMap(\.stringValue)
        options.sandbox = sandbox
        return options
    }

    /// The outer nil: no settings can be read there.
    private static func sandbox(_ value: JSONValue) -> SandboxSettings?? {
        if value.isNull { return .some(nil) }
        guard let word = value["mechanism"]?.stringValue, let network = value["network"]?.boolValue,
            let readable = value["read"]?.arrayValue, let writable = value["write"]?.arrayValue
        else { return nil }
        let mechanism = SandboxMechanism(rawValue: word)
        guard mechanism != nil || word == "auto" else { return nil }
        return SandboxSettings(
            mechanism: mechanism, allowsNetwork: network, readable: readable.compactMap(\.stringValue),
            writable: writable.compactMap(\.stringValue))
    }
}
