import CoordModel
import CoordProcess
import CoordSystem
import Testing

/// The scripts `coord` and `coord-test`, run for real in a small copy of the repository. Only `swift`, the C
/// compiler and the package manager are stand-ins, which write down how they were called.
@Suite("The launcher", .serialized)
final class LauncherTests {
    private let folder: String
    private var copy: String { folder + "/coord copy" }
    private var tools: String { folder + "/tools" }

    init() throws {
        folder = try Files.realPath(try Files.temporaryFolder(prefix: "coord-launcher-"))
        try Files.makeFolder(copy + "/Sources/Room")
        try Files.makeFolder(copy + "/Tests")
        try Files.makeFolder(copy + "/.ci")
        for name in ["coord", "coord-test", ".ci/machine.sh", ".ci/run"] {
            try Files.copy(SourceTree.root + "/" + name, to: copy + "/" + name)
        }
        try write("Package.swift", "")
        try write("Sources/Room/Room.swift", "")
        try Files.makeFolder(tools)
        // What the scripts themselves call, and nothing of the machine besides.
        for name in [
            "sh", "find", "readlink", "sed", "uname", "date", "mkdir", "rm", "ln", "mv", "sleep", "cat",
            "dirname", "cut", "grep", "head", "mktemp", "tee",
        ] {
            let real = try #require(Executables.find(name))
            try tool(name, "exec '\(real)' \"$@\"")
        }
        for name in ["git", "python3", "pkg-config", "bwrap"] { try tool(name, "exit 0") }
        try tool("id", "echo 0")
        try tool("cc", "cat >/dev/null")
        try tool(
            "swift",
            """
            [ "$1" != --version ] || { echo 'Swift version 6.3.1'; exit; }
            echo "swift $*" >>"$LOG"
            [ ! -e "$(dirname "$LOG")/broken" ] || [ "$1" != build ] || exit 1
            [ "$1" = build ] || exit 0
            sleep "${BUILD_SECONDS:-0}"
            mkdir -p "$3/.build/release"
            cp "$(dirname "$LOG")/program" "$3/.build/release/coord"
            cp "$(dirname "$LOG")/program" "$3/.build/release/coord-worker"
            """)
        try tool("cp", "exec '\(try #require(Executables.find("cp")))' \"$@\"")
        try script(folder + "/program", "printf '%s|' \"$@\"; pwd; exit 7")
    }

    deinit {
        // What cannot be removed is left in the system's folder for temporary files.
        try? Files.removeTree(folder)
    }

    @Test(
        "it builds when a source changed and only then, and hands arguments, folder and status through"
    )
    func buildsWhenNeeded() throws {
        let first = try run("coord", ["a b", "", "-x"])
        #expect(first == "7: a b||-x|\(folder)\n")
        #expect(try builds() == 1)
        #expect(try run("coord", []) == "7: |\(folder)\n")
        #expect(try builds() == 1)

        try write("Sources/Room/Room.swift", "let changed = true")
        _ = try run("coord", [])
        #expect(try builds() == 2)
        try Files.remove(copy + "/Sources/Room/Room.swift")
        _ = try run("coord", [])
        #expect(try builds() == 3)
    }

    @Test("it finds its own folder through links")
    func links() throws {
        try tool("elsewhere", "")
        try Files.remove(tools + "/elsewhere")
        _ = try shell("ln -s '\(copy)/coord' one && mkdir far && ln -s ../one far/two && far/two x")
        #expect(try builds() == 1)
    }

    @Test("two at once build once")
    func twoAtOnce() throws {
        let both = try shell(
            "export BUILD_SECONDS=0.3; '\(copy)/coord' a & '\(copy)/coord' b; wait", environment: [:])
        #expect(both.contains("a|") && both.contains("b|"))
        #expect(try builds() == 1)
        #expect(Files.kind(copy + "/.build/launcher/lock") == nil)
    }

    @Test("a lock whose holder is gone does not hold it up")
    func staleLock() throws {
        try Files.makeFolder(copy + "/.build/launcher")
        _ = try shell("ln -s 999999999 '\(copy)/.build/launcher/lock'; '\(copy)/coord'")
        #expect(try builds() == 1)
    }

    @Test("a build that fails ends with status 70, leaves no lock, and is tried again")
    func failingBuild() throws {
        try Files.writeAtomically([], to: folder + "/broken")
        #expect(try run("coord", []).hasPrefix("70: "))
        #expect(Files.kind(copy + "/.build/launcher/lock") == nil)
        try Files.remove(folder + "/broken")
        #expect(try run("coord", []).hasPrefix("7: "))
    }

    @Test("what was built in another folder is not used")
    func movedFolder() throws {
        _ = try run("coord", [])
        _ = try shell("cp -R '\(copy)' moved && moved/coord x")
        #expect(try builds() == 2)
    }

    @Test("what is missing is installed without a question")
    func installs() throws {
        try tool("cc", "! grep -q yaml.h || [ -e '\(folder)/installed' ]")
        try tool(
            "apt-get",
            "echo \"apt-get $*\" >>\"$LOG\"; [ \"$1\" = update ] && touch '\(folder)/lists' && exit; "
                + "[ -e '\(folder)/lists' ] && touch '\(folder)/installed'")
        try tool("touch", "exec '\(try #require(Executables.find("touch")))' \"$@\"")
        #expect(try run("coord", []).hasPrefix("7: "))
        // The first try found no lists of packages, as on a fresh machine.
        #expect(
            try log().filter { $0.hasPrefix("apt-get") }.map { $0.hasSuffix("libyaml-dev") } == [
                true, false, true,
            ])
        #expect(
            try log().allSatisfy { !$0.contains("apt-get") || $0.contains("-y") || $0.contains("update") })
    }

    @Test("without root it names the one command and ends with status 6, and starts nothing")
    func withoutRoot() throws {
        try tool("id", "echo 1000")
        try tool("apt-get", "echo \"apt-get $*\" >>\"$LOG\"")
        try tool("cc", "! grep -q yaml.h")
        let answer = try run("coord", [])
        #expect(
            answer == """
                6: error: coord needs libyaml-dev, which only root can install
                hint: run `sudo apt-get install -y libyaml-dev`, then this command again

                """)
        #expect(try log() == [])
    }

    @Test("an old Swift, and none, are named with what is needed")
    func swiftVersions() throws {
        try tool("swift", "echo 'Swift version 5.10'")
        #expect(
            try run("coord", []).hasPrefix("6: error: coord needs Swift 6.2 or newer; `swift` here is 5.10\n")
        )
        try Files.remove(tools + "/swift")
        #expect(
            try run("coord", []).hasPrefix(
                "6: error: coord is built from source, and there is no `swift` here\n"))
    }

    @Test("coord-test checks the format and hands its arguments to the tests; its status is theirs")
    func testScript() throws {
        #expect(try run(".ci/run", ["--filter", "A B"]).hasPrefix("0: "))
        #expect(
            try log() == ["swift format lint --strict --recursive Sources Tests", "swift test --filter A B"])
        try tool("swift", "[ \"$1\" != --version ] || echo 'Swift version 6.3.1'; [ \"$1\" != format ]")
        #expect(try run("coord-test", []).hasPrefix("1: "))
        let long = String(repeating: "x", count: 900)
        try tool(
            "swift",
            """
            [ "$1" != --version ] || { echo 'Swift version 6.3.1'; exit; }
            [ "$1" != test ] || { echo '✘ Test "a" \(long)'; echo '✔ Test "b" passed'
              echo '➜ Test "c" skipped: "no captures"'; exit 3; }
            """)
        let failed = try command(copy + "/coord-test", [], [:])
        #expect(failed.exit == .exited(status: 1))
        #expect(failed.outputText.contains("✔ Test \"b\" passed"))
        let said = failed.errorText
        #expect(said.contains("\nWhat failed:\n✘ Test \"a\" xx"), "\(said)")
        #expect(said.contains("\nWhat was not run:\nTest \"c\" skipped: \"no captures\"\n"), "\(said)")
        #expect(said.contains("coord-test: tests: failed with status 3") && !said.contains("\"b\""))
        #expect(!said.contains(long))
    }

    // MARK: - The stage

    /// Runs a script of the copy from the folder above it; answers `status: output`.
    private func run(_ name: String, _ arguments: [String]) throws -> String {
        let result = try command(copy + "/" + name, arguments, [:])
        let said = result.exit == .exited(status: 6) ? result.errorText : result.outputText
        guard case .exited(status: let status) = result.exit else { return result.exit.description }
        return "\(status): \(said)"
    }

    private func shell(_ text: String, environment: [String: String] = [:]) throws -> String {
        try command("/bin/sh", ["-c", text], environment).outputText
    }

    private func command(
        _ executable: String, _ arguments: [String], _ environment: [String: String]
    ) throws -> CommandResult {
        let own = ["PATH": tools, "LOG": folder + "/log"]
        return try CommandRunner.run(
            CommandRequest(
                executable: executable, arguments: arguments, environment: own.merging(environment) { $1 },
                workingFolder: folder, timeout: .seconds(30)))
    }

    private func builds() throws -> Int { try log().filter { $0.hasPrefix("swift build") }.count }

    private func log() throws -> [String] {
        guard Files.kind(folder + "/log") != nil else { return [] }
        return try Files.readText(folder + "/log").split(separator: "\n").map(String.init)
    }

    private func tool(_ name: String, _ text: String) throws { try script(tools + "/" + name, text) }

    private func script(_ path: String, _ text: String) throws {
        try Files.writeAtomically(Array("#!/bin/sh\n\(text)\n".utf8), to: path, permissions: 0o755)
    }

    private func write(_ name: String, _ text: String) throws {
        try Files.writeAtomically(Array(text.utf8), to: copy + "/" + name)
    }
}
