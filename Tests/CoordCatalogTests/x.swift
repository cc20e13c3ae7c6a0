import Testing
import CoordSystem
import CoordModel
@testable import CoordCatalog

@Test func seed() throws {
    let text = try Files.readText("/work/shared/seeds/002_b39a52372bf7bb59.txt")
    let r = MissionFile.parse(Array(text.utf8), file: "002.md", names: NameResolver(roles: { RoleShelf([Role(id: "self-reviewer")]) }, skills: { [] }))
    for d in r.diagnostics { print(d) }
    guard let m = r.mission else { return }
    print(m.name, "|", m.goal, "|", m.description)
    for t in m.tasks { print(t.id, t.dependencies.map(\.rawValue), t.title, t.run ?? "-", t.role?.rawValue ?? "-", t.files) }
    print(m.tasks[1].prompt)
}
