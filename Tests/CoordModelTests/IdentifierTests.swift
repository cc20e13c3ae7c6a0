import CoordModel
import Testing

@Suite("Names")
struct IdentifierTests {
    @Test(
        "letters, digits, dot, underscore and dash make a name",
        arguments: [
            "a", "0", "api", "backend-1", "1.2.3", "a_b", "x.lockfile", String(repeating: "a", count: 64),
        ])
    func valid(_ name: String) {
        #expect(TaskID(name).isValid)
    }

    @Test(
        "whatever could leave a folder, start an option or confuse git is no name",
        arguments: [
            "", ".", "..", "../x", "a/b", "a\\b", "a..b", "-a", "_a", ".a", "a.", "a.lock", "A", "aB", "a b",
            "a\n",
            "a\0b", "%2e%2e", "é", "a\u{301}", "ａ", "a:b", "a~1", "a^", "a?", "a*", "a[", "a@{b", "\u{202E}a",
            String(repeating: "a", count: 65), String(repeating: "a", count: 300),
        ])
    func invalid(_ name: String) {
        #expect(!TaskID(name).isValid)
        #expect(!RoleID(name).isValid)
        #expect(!SkillID(name).isValid)
        #expect(!MissionID(name).isValid)
        #expect(!WorkerID(name).isValid)
        #expect(!RunID(name).isValid)
    }

    @Test("no random text that counts as a name can leave the folder it is joined to")
    func fuzz() {
        var chance = SplitMix(state: 3)
        let alphabet = Array("abz09._-/\\%~\0 \nA:é*@{".unicodeScalars)
        var valid = 0
        for _ in 0..<100_000 {
            let count = Int.random(in: 0...8, using: &chance)
            var scalars = String.UnicodeScalarView()
            for _ in 0..<count {
                scalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &chance)])
            }
            let name = String(scalars)
            guard TaskID(name).isValid else { continue }
            valid += 1
            let harmless = name.utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x5C && $0 != 0x25
            }
            #expect(harmless && !name.contains("..") && !name.hasPrefix("-") && !name.hasPrefix("."))
        }
        #expect(valid > 1000)
    }

    @Test("an object id is 40 or 64 lower-case hexadecimal digits")
    func objectID() throws {
        let forty = String(repeating: "0a", count: 20), sixtyFour = String(repeating: "f9", count: 32)
        #expect(ObjectID(forty)?.rawValue == forty)
        #expect(ObjectID(sixtyFour)?.rawValue == sixtyFour)
        #expect(ObjectID(forty)?.short == "0a0a0a0a0a0a")
        for text in ["", "0a", forty.uppercased(), forty + "0", String(repeating: "g", count: 40)] {
            #expect(ObjectID(text) == nil)
        }
    }

    @Test("a lease is written as task and attempt")
    func lease() {
        #expect(Lease(task: "api", attempt: 2).description == "api#2")
    }

    @Test(
        "an agent is one of the known names or a prefix with something behind it",
        arguments: [
            ("auto", AgentChoice.automatic), ("rehearsal", .rehearsal), ("claude", .named("claude")),
            ("command:make work", .command("make work")), ("acp:x --acp", .acp("x --acp")),
            ("command:", nil), ("acp:", nil), ("Claude", nil), ("gpt", nil), ("", nil),
        ] as [(String, AgentChoice?)])
    func agent(_ text: String, _ choice: AgentChoice?) {
        #expect(AgentChoice(text) == choice)
        if let choice { #expect(choice.description == text) }
    }

    @Test("a review is none, human, or a role")
    func review() {
        #expect(Review("none") == Review.none)
        #expect(Review("human") == .human)
        #expect(Review("role:tech-lead") == .role("tech-lead"))
        #expect(Review("role:") == nil)
        #expect(Review("tech-lead") == nil)
        #expect(Review.role("tech-lead").description == "role:tech-lead")
    }

    @Test("every stage belongs to the status listings show")
    func stages() {
        let final = TaskStage.allCases.filter(\.status.isFinal)
        #expect(final == [.landed, .completed, .failed, .quarantined, .skipped, .cancelled])
        #expect(TaskStage.allCases.filter { $0.status == .pending } == [.waiting, .ready, .retryable])
    }
}
