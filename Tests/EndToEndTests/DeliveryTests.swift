import CoordJSON
import CoordSystem
import Testing

/// Runs that deliver what they landed, to real repositories.
@Suite("Delivery")
struct DeliveryTests {
    private static let script = "echo \"$COORD_TASK\" > \"$COORD_TASK.txt\""

    /// A project with the remote `origin`, and a mission of two tasks.
    private struct Place {
        let stand: Stand
        let mission: String
        let agent: String
        var bare: String { stand.root + "/remote.git" }

        init(_ merge: String, script: String = DeliveryTests.script) throws {
            stand = try Stand()
            try stand.git("clone", "-q", "--bare", ".", stand.root + "/remote.git")
            try stand.git("remote", "add", "origin", stand.root + "/remote.git")
            mission = try stand.mission(
                """
                "merge": { "gate": ["true"], \(merge) },
                "tasks": [ { "id": "a", "prompt": "x" }, { "id": "b", "prompt": "x", "deps": ["a"] } ]
                """)
            agent = try stand.agent(script)
        }

        func run(_ more: [String: String] = [:]) throws -> Answer {
            try stand.coord(["run", mission, "--agent", agent], with: more)
        }

        func remoteHead(_ branch: String = "main") throws -> String {
            try stand.git("rev-parse", branch, in: bare)
        }

        func hook(_ script: String) throws {
            try stand.write(bare + "/hooks/pre-receive", "#!/bin/sh\n" + script + "\n", executable: true)
        }
    }

    @Test("What landed is pushed, and status and report say so")
    func push() throws {
        let place = try Place("\"deliver\": \"push\"")
        let answer = try place.run()
        #expect(answer.status == 0, "\(answer)")
        let head = try place.stand.git("rev-parse", "main")
        #expect(try place.remoteHead() == head)
        let delivery = try place.stand.document("status")["delivery"]
        #expect(delivery?["commit"]?.stringValue == head)
        #expect(delivery?["place"] == "origin main")
        #expect(delivery?["problem"] == .null)
        #expect(try !place.stand.events("delivery.pushed").isEmpty)
        #expect(try place.stand.coord("report").output.contains("origin main"))
        #expect(try place.stand.coord("audit").status == 0)
    }

    @Test("A remote that refuses does not hold landing up; the run ends for a person, and goes on afterwards")
    func refused() throws {
        let place = try Place("\"deliver\": \"push\"")
        try place.hook("echo 'main is protected' >&2; exit 1")
        let answer = try place.run()
        #expect(answer.status == 3, "\(answer)")
        #expect(try place.stand.chain().count == 2)
        #expect(answer.speech.contains("main is protected") || answer.output.contains("main is protected"))
        #expect(try place.stand.coord("queue").output.contains("main is protected"))
        try Files.remove(place.bare + "/hooks/pre-receive")
        let again = try place.stand.coord(["run", place.mission, "--agent", place.agent, "--resume"])
        #expect(again.status == 0, "\(again)")
        #expect(try place.remoteHead() == place.stand.git("rev-parse", "main"))
    }

    @Test("A remote that is away is told with its own exit status, and everything has landed")
    func away() throws {
        let place = try Place("\"deliver\": \"push\"")
        try Files.rename(place.bare, to: place.bare + ".away")
        let answer = try place.run()
        #expect(answer.status == 6, "\(answer)")
        #expect(try place.stand.chain().count == 2)
        #expect(try place.stand.document("status")["run"]?["status"] == "stopped")
    }

    @Test("A remote that moved is followed before the run lands; one that went apart is a person's to join")
    func moved() throws {
        let place = try Place("\"deliver\": \"push\"")
        let stand = place.stand
        let clone = stand.root + "/clone"
        try stand.git("clone", "-q", place.bare, clone)
        func pushElsewhere(_ name: String) throws {
            try stand.write(clone + "/" + name, name)
            try stand.git("add", "-A", in: clone)
            try stand.git("commit", "-q", "-m", "Elsewhere \(name)", in: clone)
            try stand.git("push", "-q", "origin", "main", in: clone)
        }
        try pushElsewhere("first")
        let answer = try place.run()
        // Whether the first look or the first landing came first is for the machine to say; both are right.
        let followed = try stand.events("target.followed").count == 1
        #expect(answer.status == (followed ? 0 : 3), "\(answer)")
        if followed { #expect(try place.remoteHead() == stand.git("rev-parse", "main")) }
        #expect(try stand.git("log", "--format=%s", "main").contains("Elsewhere first") == followed)
    }

    @Test("A push that hangs holds nothing up, and ends with the run when that is stopped")
    func hanging() throws {
        let place = try Place("\"deliver\": \"push\"")
        let begun = try Fifo(place.stand.root + "/begun")
        let hold = try Fifo(place.stand.root + "/hold")
        try place.hook("echo in > '\(place.stand.root)/begun'; read line < '\(place.stand.root)/hold'")
        let run = try place.stand.start(["run", place.mission, "--agent", place.agent])
        #expect(try begun.line() == "in")
        let events = try EventStream(place.stand)
        try events.await("task.landed", about: "b")
        try hold.say("go")
        #expect(try begun.line() == "in")
        try hold.say("go")
        #expect(run.wait().status == 0)
        #expect(try place.remoteHead() == place.stand.git("rev-parse", "main"))
    }

    @Test("A pull request is opened once and then brought up to date, through gh")
    func pullRequest() throws {
        let place = try Place("\"deliver\": \"pull-request\"")
        let tools = place.stand.root + "/tools"
        try place.stand.write(
            tools + "/gh",
            """
            #!/bin/sh
            echo "$*" >> '\(tools)/calls'
            case "$1 $2" in
                "auth status") exit 0;;
                "pr list") [ -e '\(tools)/open' ] || { echo '[]'; exit 0; }
                    echo '[{"number":7,"url":"https://example.org/pull/7"}]';;
                "pr create") cat > '\(tools)/body'; touch '\(tools)/open'; echo https://example.org/pull/7;;
                "pr edit") cat > '\(tools)/body';;
                *) exit 1;;
            esac
            """ + "\n", executable: true)
        let path = tools + ":" + (Environment.value("PATH") ?? "/usr/bin:/bin")
        let answer = try place.run(["PATH": path])
        #expect(answer.status == 0, "\(answer)")
        let run = try #require(try place.stand.document("status")["run"]?["id"]?.stringValue)
        #expect(try place.remoteHead("coord/\(run)") == place.stand.git("rev-parse", "main"))
        #expect(try place.remoteHead() != place.stand.git("rev-parse", "main"))
        let calls = try place.stand.read(tools + "/calls").lines
        #expect(calls.filter { $0.hasPrefix("pr create") }.count == 1, "\(calls)")
        #expect(
            calls.allSatisfy { !$0.hasPrefix("pr create") || $0.contains("--head coord/\(run) --base main") })
        #expect(try place.stand.read(tools + "/body").contains("`b`"))
        #expect(try place.stand.document("status")["delivery"]?["address"] == "https://example.org/pull/7")
        #expect(try place.stand.git("branch", "--list", "coord/*").isEmpty)
    }

    @Test("Without gh the page to open the pull request is told, as far as the address gives one")
    func comparePage() throws {
        let place = try Place("\"deliver\": \"pull-request\"")
        try place.stand.git("config", "remote.origin.url", "https://github.com/ada/notes.git")
        try place.stand.git("config", "remote.origin.pushurl", place.bare)
        try place.stand.write("tools/gh", "#!/bin/sh\nexit 1\n", executable: true)
        let path = place.stand.root + "/tools:" + (Environment.value("PATH") ?? "/usr/bin:/bin")
        let answer = try place.run(["PATH": path])
        #expect(answer.status == 0, "\(answer)")
        let address = try place.stand.document("status")["delivery"]?["address"]?.stringValue ?? ""
        #expect(address.hasPrefix("https://github.com/ada/notes/compare/main...coord/"), "\(address)")
        #expect(answer.output.contains(address))
    }

    @Test("A remote that is not there at all is a person's to add; the work has landed")
    func noRemote() throws {
        let place = try Place("\"deliver\": \"push\", \"remote\": \"nowhere\"")
        let answer = try place.run()
        #expect(answer.status == 3, "\(answer)")
        #expect(try place.stand.chain().count == 2)
        #expect((answer.output + answer.speech).contains("has no remote `nowhere`"), "\(answer)")
    }
}
