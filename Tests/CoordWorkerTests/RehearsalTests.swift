import CoordModel
import CoordProcess
import CoordSystem
import CoordWire
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Rehearsal")
struct RehearsalTests {
    /// A worker that plays `attempts` as part `api`.
    private func worker(_ attempts: String, files: [String: String] = [:]) throws -> WorkerHarness {
        let worker = try WorkerHarness()
        try Files.makeFolder(worker.folder + "/play")
        let document = #"{"parts":{"api":{"attempts":\#(attempts)}}}"#
        try Files.write(Array(document.utf8), to: worker.folder + "/play/rehearsal.json")
        for (name, text) in files {
            try Files.makeFolder(Files.parent(worker.folder + "/" + name))
            try Files.write(Array(text.utf8), to: worker.folder + "/" + name)
        }
        return worker
    }

    private func play(_ worker: WorkerHarness, attempt: Int = 1, part: String = "api") -> AttemptOutcome? {
        worker.outcome(
            worker.assignment(.rehearsal(folder: worker.folder + "/play", part: part), attempt: attempt))
    }

    @Test("every kind of step is played, in order, in real files")
    func steps() throws {
        let steps = #"""
            [[{"say":"Looking around"},
              {"write":"src/app.js","from":"app.js"},
              {"write":"run.sh","text":"echo \"$1\"\n","executable":true},
              {"edit":"src/app.js","find":"PORT","replace":"8080"}, {"delete":"old.txt"}, {"pause":10},
              {"run":"./run.sh hello > said"}, {"run":"exit 9","mayFail":true},
              {"propose":{"id":"docs","prompt":"write them","deps":["api"]}},
              {"handoff":{"summary":"The API stands","remaining":["docs"]}}]]
            """#
        let worker = try worker(steps, files: ["play/app.js": "listen(PORT)\n", "tree/old.txt": "old"])
        #expect(play(worker) == .finished)
        #expect(worker.text("tree/src/app.js") == "listen(8080)\n")
        #expect(worker.text("tree/said") == "hello\n")
        #expect(Files.kind(worker.folder + "/tree/old.txt") == nil)
        #expect(Files.permissions(worker.folder + "/tree/run.sh") == 0o755)
        #expect(
            worker.reports == [
                .progress("Looking around"),
                .toolStarted(name: "shell", id: "step-7", summary: "./run.sh hello > said"),
                .toolEnded(name: "shell", id: "step-7", succeeded: true, summary: "exit status 0"),
                .toolStarted(name: "shell", id: "step-8", summary: "exit 9"),
                .toolEnded(name: "shell", id: "step-8", succeeded: false, summary: "exit status 9"),
                .proposedTask(TaskSpec(id: "docs", prompt: "write them", dependencies: ["api"])),
                .handoff(Handoff(summary: "The API stands", remaining: ["docs"])),
            ])
        let transcript = try #require(worker.transcript())
        #expect(
            transcript.hasPrefix(
                "[coord: rehearsal of `api`, attempt 1; no model is called]\nLooking around\n"))
    }

    @Test("attempt n plays the nth list, and the last ever after")
    func attempts() throws {
        let worker = try worker(
            #"[[{"fail":"not yet"}],[{"write":"a","text":"2"}],[{"write":"a","text":"3"}]]"#)
        #expect(play(worker) == .failed(reason: "step 1 of part `api`: not yet"))
        #expect(play(worker, attempt: 2) == .finished)
        #expect(worker.text("tree/a") == "2")
        #expect(play(worker, attempt: 9) == .finished)
        #expect(worker.text("tree/a") == "3")
    }

    @Test(
        "a step that cannot be played fails the part and says which and why",
        arguments: [
            (
                #"{"edit":"a","find":"x","replace":"y"}"#,
                "the text to replace stands 3 times in `a`, not once"
            ),
            (
                #"{"edit":"a","find":"q","replace":"y"}"#,
                "the text to replace stands 0 times in `a`, not once"
            ),
            (#"{"edit":"none","find":"q","replace":"y"}"#, "No such file or directory"),
            (#"{"delete":"none"}"#, "No such file or directory"),
            (#"{"write":"b","from":"none"}"#, "No such file or directory"),
            (#"{"run":"exit 5"}"#, "`exit 5` ended with exit status 5"),
            (#"{"write":"../up","text":""}"#, "`../up` is no plain path within the worktree"),
            (#"{"write":"/abs","text":""}"#, "`/abs` is no plain path within the worktree"),
            (#"{"write":"a/./b","text":""}"#, "is no plain path"),
            (#"{"write":"","text":""}"#, "is no plain path"),
            (#"{"write":".git/hooks/x","text":""}"#, "`.git/hooks/x` belongs to git"),
            (#"{"write":"b","from":"../../etc/passwd"}"#, "is no plain path"),
            (#"{"write":"link/b","text":""}"#, "`link/b` leads over a link"),
            (#"{"write":"link","text":""}"#, "`link` leads over a link"),
            (#"{"write":"a/b","text":""}"#, "Not a directory"),
            (#"{"sing":"la"}"#, "it must have exactly one of say, write"),
            (#"{"say":"a","fail":"b"}"#, "it must have exactly one of"),
            (#"7"#, "it is a number, not an object"),
            (#"{"write":"b"}"#, "`write` takes either `from` or `text`"),
            (#"{"write":"b","text":"","mode":1}"#, "`write` has no member `mode`"),
            (#"{"edit":"a","find":"","replace":""}"#, "`find` is empty"),
            (#"{"pause":-1}"#, "`pause` is not a number of milliseconds"),
            (#"{"propose":{"id":"../x","prompt":""}}"#, "`id` of `task` is not a valid name"),
            (#"{"handoff":{}}"#, "`handoff` lacks `summary`"), (#"{"handoff":3}"#, "it is no object"),
        ])
    func wrongStep(step: String, reason: String) throws {
        let worker = try worker("[[\(step)]]", files: ["tree/a": "x x x"])
        symlink("/tmp", worker.folder + "/tree/link")
        guard case .failed(let found) = play(worker) else {
            Issue.record("it was played")
            return
        }
        #expect(found.hasPrefix("step 1 of part `api`: "))
        #expect(found.contains(reason))
    }

    @Test("a part that is missing, or no rehearsal at all, is told plainly")
    func missing() throws {
        let worker = try worker(#""none""#)
        #expect(play(worker, part: "ui") == .failed(reason: "the rehearsal has no part `ui`"))
        #expect(
            play(worker)
                == .failed(reason: "part `api` of the rehearsal is not `attempts`, a list of lists of steps"))
        try Files.write(Array("{\"parts\": }".utf8), to: worker.folder + "/play/rehearsal.json")
        guard case .failed(let reason) = play(worker) else {
            Issue.record("it was played")
            return
        }
        #expect(reason.contains("is not JSON: found `}` where a value was expected (at byte 10)"))
    }

    @Test("a rehearsal can be cancelled in a pause and in a command, and runs out of time")
    func cancelled() throws {
        let worker = try worker(#"[[{"say":"ready"},{"pause":60000}],[{"say":"ready"},{"run":"sleep 60"}]]"#)
        for attempt in [1, 2] {
            let assignment = worker.assignment(
                .rehearsal(folder: worker.folder + "/play", part: "api"), attempt: attempt)
            let before = worker.reports.count
            worker.send(.assign(assignment))
            worker.wait { worker.reports.count > before }
            worker.send(.cancel(assignment.lease, reason: "test"))
            worker.wait { worker.finished.count == attempt }
            #expect(worker.finished.last?.outcome == .cancelled)
        }
        let assignment = worker.assignment(
            .rehearsal(folder: worker.folder + "/play", part: "api"), timeout: .milliseconds(50))
        #expect(worker.outcome(assignment) == .timedOut(after: .milliseconds(50)))
    }

    @Test("checks follow a rehearsal as they follow an agent")
    func checks() throws {
        let worker = try worker(#"[[{"write":"a","text":"1"}]]"#)
        var assignment = worker.assignment(.rehearsal(folder: worker.folder + "/play", part: "api"))
        assignment.checks = ["grep -q 2 a"]
        #expect(
            worker.outcome(assignment) == .failed(reason: "the check `grep -q 2 a` ended with exit status 1"))
    }
}
