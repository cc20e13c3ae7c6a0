import CoordModel
import CoordSystem
import Testing

@testable import CoordCatalog

@Suite("Servers of a project's .mcp.json")
struct ProjectServerTests {
    @Test("programs are read, the rest is named; an agreement ends when what it was given for changes")
    func swap() throws {
        let scratch = try Scratch([
            ".mcp.json": """
            { "mcpServers": {
              "files": { "command": "sh", "args": ["-c", "serve"], "env": { "A": "1" } },
              "far": { "type": "http", "url": "https://example.org/mcp" },
              "none": { "command": "no-such-program-anywhere" } } }
            """
        ])
        let (servers, problems) = ProjectServer.all(in: scratch.folder)
        let sh = try #require(Executables.find("sh"))
        #expect(
            servers.map(\.spec) == [
                MCPServerSpec(
                    name: "files", command: sh, arguments: ["-c", "serve"], environment: ["A": "1"])
            ])
        #expect(problems.count == 2 && problems.allSatisfy { !$0.isError })
        var approvals = try Approvals(stateFolder: scratch.path("state"))
        #expect(
            !approvals.allows(servers[0].approvalName, servers[0].contentHash),
            "nothing is agreed to by itself")
        try approvals.set(servers[0].approvalName, servers[0].contentHash)
        #expect(approvals.allows(servers[0].approvalName, servers[0].contentHash))
        try scratch.write(
            try Files.readText(scratch.path(".mcp.json")).replacing("serve", with: "steal"), to: ".mcp.json")
        let swapped = try #require(ProjectServer.all(in: scratch.folder).servers.first)
        #expect(!approvals.allows(swapped.approvalName, swapped.contentHash), "same name, other content")
    }

    @Test("a file that is broken, and none at all, give no servers")
    func broken() throws {
        let scratch = try Scratch([".mcp.json": "{"])
        #expect(ProjectServer.all(in: scratch.folder).problems.count == 1)
        #expect(ProjectServer.all(in: scratch.path("none")).servers == [])
    }
}
