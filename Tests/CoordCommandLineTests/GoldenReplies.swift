import CoordCommandLine
import CoordModel
import CoordSystem
import Testing

/// What each reading command answers, as files to look at.
@Suite("Replies of the reading commands")
struct GoldenReplies {
    static let commands = [
        "status", "status --json", "status --why docs", "tasks", "tasks --json --status completed",
        "tasks --status failed --status in_progress --limit 2", "tasks show api", "tasks show schema --json",
        "workers", "workers --json", "workers show backend-1", "queue", "queue --json",
        "queue --explain", "queue show schema", "queue show page --json", "cost", "cost --by model",
        "cost --json", "report", "report --format md", "report --json", "events",
        "events --since 30 --type task",
        "events --since 40 --json", "runs", "runs --json", "runs show", "why docs", "why api --json",
        "why schema",
        "why lint", "why page",
    ]

    @Test("while the run goes on", arguments: commands)
    func inTheMiddle(_ command: String) throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        try GoldenFiles.expect("running/" + Self.name(command), fixture.reply(command).description)
    }

    @Test(
        "after the coordinator was killed",
        arguments: ["status", "status --json", "workers", "why docs", "runs", "report"])
    func abandoned(_ command: String) throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        let reply = fixture.reply(command, fixture.surroundings(seconds: 3600, isAlive: false))
        try GoldenFiles.expect("abandoned/" + Self.name(command), reply.description)
    }

    @Test(
        "after the run ended",
        arguments: [
            "status", "status --json", "tasks", "workers", "queue", "why docs", "report",
            "report --format html",
        ])
    func ended(_ command: String) throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        try fixture.recordEnd()
        let reply = fixture.reply(command, fixture.surroundings(seconds: 3600, isAlive: false))
        try GoldenFiles.expect("ended/" + Self.name(command), reply.description)
    }

    @Test(
        "on a terminal of eighty columns, in colour",
        arguments: ["status", "tasks", "workers", "events --since 50", "cost --json"])
    func terminal(_ command: String) throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        let surroundings = fixture.surroundings(
            columns: 80, environment: ["TERM": "xterm-256color", "COLORTERM": "truecolor"])
        let text = fixture.reply(command, surroundings).description.replacing("\u{1B}", with: "␛")
        try GoldenFiles.expect("terminal/" + Self.name(command), text)
    }

    private static func name(_ command: String) -> String {
        command.replacing("--", with: "").replacing(" ", with: "-")
    }
}
