import CoordJSON
import Testing

/// Many at once that are green alone and red together. At full length, and in groups: `bench/landings`.
@Suite("Semantic conflicts with real git")
struct LandingsTests {
    /// No number may be claimed twice.
    private static let gate = """
        twice=$(cat claims/* | sort | uniq -d)
        [ -z "$twice" ] || { echo "claimed twice: $twice"; exit 1; }
        """

    @Test("of thirty landings, two in five clashing, eight gates at once: none is red, none is wrong")
    func neverRed() throws {
        let count = 30
        let stand = try Stand(files: ["gate.sh": Self.gate, "claims/start": "start\n"])
        let tasks = (0..<count).map { "{ \"id\": \"t\($0)\", \"prompt\": \"x\" }" }.joined(separator: ", ")
        let mission = try stand.mission(
            """
            "limits": { "maxConcurrency": 8, "maxAttempts": 6 },
            "merge": { "gate": ["sh gate.sh"], "parallel": 8, "batch": 8 }, "tasks": [ \(tasks) ]
            """)
        // The third and the fifth of each five claim what the one before them does; later they know better.
        let agent = try stand.agent(
            """
            n=${COORD_TASK#t}
            case $((n % 5)) in 2|4) wish=$((n - 1)) ;; *) wish=$n ;; esac
            if [ "$COORD_ATTEMPT" != 1 ] || cat claims/* | grep -qx $wish; then wish=$((1000 + n)); fi
            echo $wish > claims/$COORD_TASK
            """)
        let answer = try stand.coord(
            ["run", mission, "--agent", agent, "--workers", "8"], with: ["COORD_SLOTS": "8"])
        #expect(answer.status == 0, "\(answer)")
        let chain = try stand.chain()
        #expect(try Set(chain.map { try stand.trailer("Coord-Task", of: $0) }).count == count)
        #expect(chain.count == count)
        for commit in chain {
            let claims = try stand.git("grep", "-h", "-e", "", commit, "--", "claims").lines
            #expect(Set(claims).count == claims.count, "\(commit) is red")
            let task = try stand.trailer("Coord-Task", of: commit)
            let changed = try stand.git("diff-tree", "-r", "--name-only", commit + "^1", commit)
            #expect(changed == "claims/" + task)
        }
        let audit = try stand.document("audit")
        #expect(audit["landings"]?.integerValue == Int64(count) && audit["findings"] == [])
    }
}
