import CoordJSON
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Commands of several processes share the machine's slots. There is one slot here.
@Suite("Slots of the machine")
struct SlotTests {
    private static let one = ["COORD_SLOTS": "1"]

    /// A holder that has the slot until the fifo `hold` says so, and tells its pid through `pids`.
    private struct Held {
        let stand: Stand
        let run: Running
        let shell: ProcessWatch
        let hold: Fifo
        let waits: Fifo

        init() throws {
            stand = try Stand(files: nil)
            let pids = try Fifo(stand.root + "/pids")
            hold = try Fifo(stand.root + "/hold")
            waits = try Fifo(stand.root + "/waits")
            let script = "echo $$ > '\(stand.root)/pids'; read line < '\(stand.root)/hold'"
            run = try stand.start(["slot", "run", "--", "sh", "-c", script], with: SlotTests.one)
            shell = try ProcessWatch(pids.line())
        }

        /// Starts somebody who waits; what it says of that went through the fifo when this returns.
        func waiter(_ script: String, priority: Int = 0) throws -> Running {
            let words = "slot run --priority \(priority) -- sh -c '\(script)'"
            let running = try Running(
                "/bin/sh", ["-c", "exec '\(Stand.program("coord"))' \(words) 2> \"$ROOT/waits\""],
                stand.environment.merging(SlotTests.one) { $1 }.merging(["ROOT": stand.root]) { $1 },
                in: stand.root, scratch: stand.root)
            let line = try waits.line()
            #expect(line.hasPrefix("waiting for a slot; held by sh -c"), "\(line)")
            return running
        }

        var order: String { (try? stand.read("order")) ?? "" }
    }

    @Test("Twenty who wait are served by priority, then in the order of their coming")
    func order() throws {
        let held = try Held()
        var waiters: [Running] = []
        for number in 0..<20 {
            waiters.append(try held.waiter("echo \(number) >> \"$ROOT/order\"", priority: number % 3 - 1))
        }
        let document = try JSONParser.parse(
            try held.stand.coord(["slot", "list", "--json"], with: Self.one).output)
        #expect(document["waiting"]?.arrayValue?.count == 20)
        #expect(document["slots"]?.arrayValue?.count == 1)
        try held.hold.say("go")
        #expect(held.run.wait().status == 0)
        for waiter in waiters { #expect(waiter.wait().status == 0) }
        let expected = (0..<20).sorted { ($1 % 3, $0) < ($0 % 3, $1) }
        #expect(held.order.lines.map { String($0) } == expected.map { "\($0)" })
    }

    @Test("The slot of a killed holder is free at once, and a killed waiter is passed over")
    func kills() throws {
        let held = try Held()
        let first = try held.waiter("echo first >> \"$ROOT/order\"", priority: 5)
        let second = try held.waiter("echo second >> \"$ROOT/order\"")
        first.signal(SIGKILL)
        #expect(first.wait().status == 1000 + SIGKILL)
        held.run.signal(SIGKILL)
        #expect(held.run.wait().status == 1000 + SIGKILL)
        #expect(second.wait().status == 0)
        #expect(held.order == "second\n")
        try held.hold.say("go")
        #expect(held.shell.hasEnded())
        #expect(try Files.list(held.stand.root + "/state/coord/slots/line").isEmpty)
    }

    @Test("Who waits ends with a signal's status, or when its patience does, and never starts the command")
    func givingUp() throws {
        let held = try Held()
        let waiter = try held.waiter("echo ran >> \"$ROOT/order\"")
        waiter.signal(SIGINT)
        #expect(waiter.wait().status == 130)
        let late = try held.stand.coord(["slot", "run", "--timeout", "0", "--", "true"], with: Self.one)
        #expect(late.status == 124)
        #expect(late.speech.contains("no slot became free in time"))
        try held.hold.say("go")
        #expect(held.run.wait().status == 0)
        #expect(held.order.isEmpty)
    }

    @Test("Inside a slot another one is not needed")
    func nesting() throws {
        let stand = try Stand(files: nil)
        let coord = Stand.program("coord")
        let answer = try stand.coord(
            ["slot", "run", "--", coord, "slot", "run", "--", "sh", "-c", "echo slot $COORD_SLOT"],
            with: Self.one)
        #expect(answer.status == 0 && answer.output == "slot 1\n", "\(answer)")
    }

    @Test(
        "The command's own end is the answer",
        arguments: [
            ("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -TERM $$", 143), ("kill -KILL $$", 137),
        ]
            as [(String, Int32)])
    func statuses(_ script: String, _ status: Int32) throws {
        let stand = try Stand(files: nil)
        #expect(try stand.coord(["slot", "run", "--", "sh", "-c", script]).status == status)
    }

    @Test("A signal goes through to the command")
    func signals() throws {
        let stand = try Stand(files: nil)
        let ready = try Fifo(stand.root + "/ready")
        let hold = try Fifo(stand.root + "/hold")
        let script = """
            trap 'exit 9' TERM
            echo ready > '\(stand.root)/ready'
            while :; do read line < '\(stand.root)/hold'; done
            """
        let run = try stand.start(["slot", "run", "--", "sh", "-c", script])
        #expect(try ready.line() == "ready")
        run.signal(SIGTERM)
        #expect(run.wait().status == 9)
        withExtendedLifetime(hold) {}
    }

    @Test("Without a place for slots the command runs all the same, and it is said")
    func noPlace() throws {
        let stand = try Stand(files: nil)
        try stand.write("blocked", "")
        let answer = try stand.coord(
            ["slot", "run", "--", "echo", "ran"], with: ["XDG_STATE_HOME": stand.root + "/blocked"])
        #expect(answer.status == 0 && answer.output == "ran\n")
        #expect(answer.speech.contains("no slot can be had"))
    }

    @Test(
        "Bad input is refused with a sentence",
        arguments: [
            ("slot run", 2, "needs a CMD"), ("slot run --", 2, "needs a CMD"),
            ("slot run --priority much -- true", 2, "`--priority` takes a whole number"),
            ("slot run --priority 1001 -- true", 2, "`--priority` takes a whole number"),
            ("slot run --timeout -1 -- true", 2, "`--timeout` takes a whole number"),
            ("slot run --timeout 1.5 -- true", 2, "`--timeout` takes a whole number"),
            ("slot run --nice -- true", 2, "has no flag `--nice`"),
            ("slot run true --version", 2, "has no flag `--version`"),
            ("slot run -- no-such-program-here", 127, "there is no program `no-such-program-here`"),
            ("slot run -- ./", 127, "there is no program"),
            ("slot list more", 2, "has no use for `more`"),
            ("slot lost", 2, "did you mean `coord slot list`?"),
        ] as [(String, Int32, String)])
    func badInput(_ line: String, _ status: Int32, _ words: String) throws {
        let stand = try Stand(files: nil)
        let answer = try stand.coord(line.split(separator: " ").map(String.init))
        #expect(answer.status == status, "\(answer)")
        #expect(answer.speech.contains(words), "\(answer)")
        #expect(answer.output.isEmpty)
    }
}
