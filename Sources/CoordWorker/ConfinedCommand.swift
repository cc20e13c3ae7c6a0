import CoordProcess
import CoordSandbox
import CoordSystem

/// The worker program as a launcher: confines itself by Landlock and becomes the command.
/// `coord-worker --confined [--read PATH]… [--write PATH]… [--no-network] -- COMMAND…`
struct ConfinedCommand: Hashable {
    var readable: [String] = []
    var writable: [String] = []
    var allowsNetwork = true
    /// The command begins with an absolute path.
    var command: [String] = []

    /// The status of a command that could not be confined, and therefore was not run.
    static let refusal: Int32 = 125

    /// Reads what follows the option. Nil: it is not of that form.
    init?(_ arguments: some Collection<String>) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--read", "--write":
                guard let path = rest.popFirst(), path.hasPrefix("/") else { return nil }
                if word == "--read" { readable.append(path) } else { writable.append(path) }
            case "--no-network": allowsNetwork = false
            case "--":
                command = Array(rest)
                guard command.first?.hasPrefix("/") ?? false else { return nil }
                return
            default: return nil
            }
        }
        return nil
    }

    /// Returns only when the command was not run.
    func run() -> Int32 {
        do throws(SystemError) {
            try Confinement.forbidCoreDumps()
            try Confinement.enforceLandlock(
                readable: readable, writable: writable, allowsNetwork: allowsNetwork)
            try Confinement.execute(command)
        } catch {
            WorkerLog.write("the command was not run: \(error)")
            return Self.refusal
        }
    }
}
