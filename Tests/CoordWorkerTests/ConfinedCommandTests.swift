import CoordModel
import CoordProcess
import CoordSystem
import Testing

@testable import CoordWorker

@Suite("The worker program as a launcher")
struct ConfinedCommandTests {
    @Test("rules and command are read from its arguments")
    func reads() throws {
        let words = ["--read", "/usr", "--write", "/w", "--no-network", "--", "/bin/sh", "-c", "x -- y"]
        let command = try #require(ConfinedCommand(words))
        #expect(command.readable == ["/usr"])
        #expect(command.writable == ["/w"])
        #expect(!command.allowsNetwork)
        #expect(command.command == ["/bin/sh", "-c", "x -- y"])
    }

    @Test(
        "anything else is refused, and the command is not run",
        arguments: [
            [], ["/bin/true"], ["--"], ["--", "true"], ["--read"], ["--read", "usr", "--", "/bin/true"],
            ["--reed", "/usr", "--", "/bin/true"], ["--read", "/usr"],
        ])
    func refuses(_ words: [String]) throws {
        #expect(ConfinedCommand(words) == nil)
        let result = try CommandRunner.run(
            CommandRequest(
                executable: Files.parent(Executables.own()) + "/coord-worker",
                arguments: ["--confined"] + words,
                environment: ["LLVM_PROFILE_FILE": "/dev/null"], timeout: .seconds(20)))
        #expect(result.exit == .exited(status: ConfinedCommand.refusal))
    }
}
