import CoordJSON
import CoordModel
import CoordRuntime
import CoordSystem

/// One run in which agents carry out every attack of the table, each as a task of its own.
struct AttackRun: Sendable {
    /// The tasks whose attack got its way.
    let broken: Set<String>
    /// What the agents and coord said, for a test that fails.
    let transcript: String

    /// What works on this machine, found out by trying.
    static let available = [SandboxMechanism.bubblewrap, .landlock, .seatbelt].filter {
        if case .holds = SandboxProbe.test($0, workerProgram: Stand.program("coord-worker")) { return true }
        return false
    }

    /// Each run takes seconds and serves every test.
    static let control = Result { try AttackRun(.off) }
    static let confined = Dictionary(
        uniqueKeysWithValues: available.map { mechanism in (mechanism, Result { try AttackRun(mechanism) }) })

    static func of(_ mechanism: SandboxMechanism) throws -> AttackRun {
        guard mechanism != .off else { return try control.get() }
        guard let run = confined[mechanism] else { throw Failure("\(mechanism.rawValue) does not work here") }
        return try run.get()
    }

    private init(_ mechanism: SandboxMechanism) throws {
        let stand = try Stand(files: [
            "README.md": "# Project\n", ".vscode/settings.json": "{ \"a\": 1 }\n",
        ])
        try stand.write(stand.project + "/untracked.env", Attack.secret)
        for path in Attack.secrets { try stand.write("home/" + path, Attack.secret + "\n") }
        try stand.write("tmp/left", Attack.secret)
        try stand.write("outside/there", "x")
        let tasks = AttackTable.all.map {
            "{ \"id\": \"\($0.task)\", \"prompt\": \"Do harm.\", \"maxAttempts\": 1 }"
        }
        let mission = try stand.mission(
            "\"limits\": { \"maxConcurrency\": 4 }, \"tasks\": [ \(tasks.joined(separator: ", ")) ]")
        var script = """
            H='\(stand.root)/home'; P="$COORD_PROJECT"; S="$P/.coord/state"; R='\(stand.root)/outside'
            TEMPORARY='\(stand.root)/tmp'; COORD='\(Stand.program("coord"))'
            broke() { echo "broke:$COORD_TASK:"; }
            case $COORD_TASK in

            """
        for attack in AttackTable.all { script += "\(attack.task)) \(attack.script) ;;\n" }
        try stand.write("agent.sh", script + "esac\nexit 0\n")
        let answer = try stand.coord([
            "run", mission, "--agent", "command:/bin/sh '\(stand.root)/agent.sh'", "--sandbox",
            mechanism.rawValue,
        ])
        // Tasks of attacks may fail; a run that was refused tried nothing.
        guard [0, 1].contains(answer.status) else { throw Failure("\(answer)") }
        let said = try stand.transcripts()
        broken = Set(
            AttackTable.all.filter { attack in
                if let mark = attack.mark { return (try? stand.read(mark))?.contains("evil") ?? false }
                return said.contains("broke:\(attack.task):")
            }.map(\.task))
        transcript = "\(answer)\n\(said)"
        // An attack that was never tried was not held back either.
        let done = try stand.document("tasks")["tasks"]?.arrayValue ?? []
        let untried = done.filter { $0["attempt"]?.integerValue ?? 0 < 1 }
        guard untried.isEmpty, done.count >= AttackTable.all.count else {
            throw Failure("tasks that were not tried: \(untried)\n\(transcript)")
        }
    }
}

extension Stand {
    /// Everything the agents of all runs said.
    func transcripts() throws -> String {
        let folder = project + "/.coord/state/transcripts"
        return try Files.list(folder).flatMap { run in
            try Files.list(folder + "/" + run).map { try read("\(folder)/\(run)/\($0)") }
        }.joined()
    }
}
