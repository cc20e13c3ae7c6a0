import CoordModel
import Testing

@testable import CoordCore

@Suite("Whose files a task means to change")
struct OwnerTests {
    private static let roles: [RoleID: Role] = [
        "backend-dev": Role(id: "backend-dev", owns: ["src/server/**"]),
        "ui-dev": Role(id: "ui-dev", owns: ["web/**", "src/page/*"]),
    ]

    private func worker(of spec: TaskSpec, _ assignment: AssignmentStrategy = .capability) -> Set<WorkerID> {
        let team = [
            SlotSpec(worker: "backend-1", number: 1, role: "backend-dev", capabilities: [.writesCode]),
            SlotSpec(worker: "ui-1", number: 2, role: "ui-dev", capabilities: [.writesCode, .browser]),
        ]
        var story = Story(
            RunSettings(slots: team, assignment: assignment, roles: Self.roles))
        _ = story.start([spec])
        story.bringUp()
        return Set(
            story.facts.compactMap { fact in
                if case .leaseGranted(_, let worker) = fact.body { worker } else { nil }
            })
    }

    @Test("a task without a role goes to the role that owns most of its files")
    func owner() {
        #expect(worker(of: TaskSpec(id: "a", files: ["web/index.html"])) == ["ui-1"])
        #expect(
            worker(of: TaskSpec(id: "a", files: ["web/**", "src/page/a.ts", "src/server/a.c"])) == ["ui-1"])
        #expect(worker(of: TaskSpec(id: "a", files: ["src/server/**"])) == ["backend-1"])
    }

    @Test("its own role, what it needs done, and dealing in turn come before that")
    func before() {
        #expect(worker(of: TaskSpec(id: "a", role: "backend-dev", files: ["web/**"])) == ["backend-1"])
        #expect(
            worker(of: TaskSpec(id: "a", files: ["src/server/a.c"], capabilities: [.browser])) == ["ui-1"])
        #expect(worker(of: TaskSpec(id: "a", files: ["web/**"]), .roundRobin) == ["backend-1"])
        #expect(worker(of: TaskSpec(id: "a", files: ["elsewhere.txt"])) == ["backend-1"])
    }
}
