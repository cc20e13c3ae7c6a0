import CoordModel
import CoordSystem
import Testing

@testable import CoordWorker

@Suite("The file of a plan")
struct PlanFileTests {
    private func read(_ text: String) throws -> Result<[TaskSpec], PlanFile.Problem> {
        let folder = try Files.temporaryFolder(prefix: "coord-plan-")
        // It lies in the temporary folder and harms nobody if it stays.
        defer { try? Files.removeTree(folder) }
        try Files.writeAtomically(Array(text.utf8), to: folder + "/plan.json")
        do throws(PlanFile.Problem) { return .success(try PlanFile.read(folder + "/plan.json")) } catch {
            return .failure(error)
        }
    }

    @Test("an object with tasks and a list alone are plans; no file is none")
    func good() throws {
        let list =
            #"[{"id":"a","prompt":"Do it"},{"id":"b","title":"B","prompt":"p","role":"qa","deps":["a"]}]"#
        let wanted = [
            TaskSpec(id: "a", prompt: "Do it"),
            TaskSpec(id: "b", title: "B", prompt: "p", role: "qa", dependencies: ["a"]),
        ]
        #expect(try read(list).get() == wanted)
        #expect(try read("{ \"tasks\": \(list), \"note\": 1 }").get() == wanted)
        #expect(try PlanFile.read("/nowhere/plan.json") == [])
    }

    @Test(
        "what is no plan is refused with the task and the reason",
        arguments: [
            ("", "its file is not JSON: "), ("{ \"tasks\": [", "its file is not JSON: "),
            ("{\"steps\": []}", "must be an object with `tasks`, a list; it is an object"),
            ("[1]", "task 1: it is a number, not an object"),
            (#"[{"id":"a","prompt":"p"},{"id":"b"}]"#, "task `b`: "),
            (
                #"[{"id":"a","prompt":"p","needs":["b"]}]"#,
                "task `a`: `needs` is no member of a task; did you mean `deps`?"
            ),
            (
                #"[{"id":"a","prompt":"p","prio":1}]"#,
                "task `a`: `prio` is no member of a task; there is id, title"
            ),
            (#"[{"id":"a","prompt":"p","priority":1000}]"#, "task `a`: "),
            (#"[{"id":"a","prompt":"p","deps":"b"}]"#, "task `a`: "),
        ])
    func bad(text: String, reason: String) throws {
        guard case .failure(let problem) = try read(text) else {
            Issue.record("it was taken")
            return
        }
        #expect(problem.description.hasPrefix("the plan is refused: "))
        #expect(problem.description.contains(reason), "\(problem)")
    }
}
