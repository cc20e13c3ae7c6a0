import CoordJSON
import CoordModel
import CoordProcess
import CoordScriptedModel
import CoordSystem
import Testing

/// A key that stands in the user's `gateway.json` and nowhere else signs a named client in.
@Suite("A key that the gateway alone holds", .enabled(if: Executables.find("python3") != nil))
struct GatewayKeyTests {
    private static let key = "sk-real-5551234567"

    /// A client by name that calls a model as its environment says.
    private static let client = """
        #!/usr/bin/env python3
        import json, os, sys, urllib.request
        if "--version" in sys.argv:
            print("aider 0.86.2")
            sys.exit(0)
        url, key = os.environ["ANTHROPIC_BASE_URL"], os.environ["ANTHROPIC_API_KEY"]
        body = {"model": "claude-sonnet-5-5", "max_tokens": 200, "stream": True, "messages":
                [{"role": "user", "content": "go"}]}
        request = urllib.request.Request(url + "/v1/messages", json.dumps(body).encode(),
                                         {"x-api-key": key, "content-type": "application/json"})
        said = urllib.request.urlopen(request, timeout=60).read()
        with open("done.txt", "w") as out:
            out.write(repr(sorted(os.environ.items())) + repr(said))
        print("Tokens: 10 sent, 5 received.")
        """

    private struct Place {
        let stand: Stand
        let mission: String
        let environment: [String: String]

        /// `agent`: as a mission names it.
        func run(_ agent: String, with more: [String: String] = [:]) throws -> Answer {
            try stand.coord(
                ["run", mission, "--agent", agent], with: environment.merging(more) { $1 })
        }
    }

    /// A client named `aider` is installed, and `gateway.json` has these providers.
    private func place(_ providers: String, keyMode: UInt32 = 0o600) throws -> Place {
        let stand = try Stand()
        try stand.write("bin/aider", Self.client, executable: true)
        try stand.write("config/coord/gateway.json", "{ \"providers\": { \(providers) } }")
        try Files.write(
            Array((Self.key + "\n").utf8), to: stand.root + "/config/coord/anthropic.key",
            permissions: keyMode)
        let mission = try stand.mission("\"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\" } ]")
        let path = stand.root + "/bin:" + (Environment.value("PATH") ?? "/usr/bin:/bin")
        return Place(stand: stand, mission: mission, environment: ["PATH": path])
    }

    private func anthropic(_ address: String) -> String {
        "\"anthropic\": { \"base\": \"\(address)\", \"keyFile\": \"anthropic.key\" }"
    }

    @Test("a named client works by it, never sees it, and the doctor says so")
    func signedIn() throws {
        let provider = try ScriptedProvider()
        defer { provider.stop() }
        let place = try place(anthropic(provider.address))
        let answer = try place.run("aider")
        #expect(answer.status == 0, "\(answer)")
        #expect(provider.served.map(\.key) == [Self.key])
        let seen = try place.stand.git("show", "main:done.txt")
        #expect(seen.contains("message_stop") && !seen.contains(Self.key))
        let doctor = try place.stand.coord(["doctor", "agents", "--json"], with: place.environment)
        let found = try JSONParser.parse(doctor.output)["agents"]?.arrayValue?.first {
            $0["id"]?.stringValue == "aider"
        }
        #expect(found?["signedInBy"]?.stringValue == "gateway:anthropic", "\(doctor)")
        #expect(found?["ready"]?.boolValue == true)
        #expect(found?["tried"]?.stringValue == "0.86.2")
        try place.stand.write(
            "bin/aider", Self.client.replacing("aider 0.86.2", with: "aider 1.0.1"), executable: true)
        let newer = try place.stand.coord(["doctor", "agents"], with: place.environment).output
        #expect(newer.contains("1.0.1 (not tried with; 0.86.2 is)"), "\(newer)")
        // coord's own agent can call whom the gateway can.
        let own = try place.stand.coord(["doctor", "agents"], with: place.environment).output.lines.first {
            $0.contains(" api ")
        }
        #expect(own?.hasPrefix("ready") ?? false, "\(doctor)")
        #expect(own?.contains("calls anthropic; resume steer usage gateway") ?? false, "\(own ?? "")")
    }

    @Test("without a gateway, or with a key that others can read, nobody is signed in")
    func notSignedIn() throws {
        let off = try place(anthropic("http://127.0.0.1:1")).run("aider", with: ["COORD_GATEWAY": "off"])
        #expect(off.status == 4 && off.speech.contains("nobody is signed in to agent `aider`"), "\(off)")
        let doctor = try Stand().coord("doctor", "agents", "--json")
        let own = try JSONParser.parse(doctor.output)["agents"]?.arrayValue?.last
        #expect(own?["id"]?.stringValue == "api" && own?["ready"]?.boolValue == false, "\(doctor)")
        #expect(own?["todo"]?.stringValue?.contains("set the key of a provider") ?? false)
        let open = try place(anthropic("http://127.0.0.1:1"), keyMode: 0o644)
        for (agent, words) in [
            ("aider", "nobody is signed in to agent `aider`"),
            ("api:anthropic/claude-haiku-4-5", "there is no key for `anthropic`"),
        ] {
            let answer = try open.run(agent)
            #expect(answer.status == 4 && answer.speech.contains(words), "\(answer)")
        }
    }

    @Test("a client that no address leads to the gateway keeps its own key")
    func notLed() throws {
        let stand = try Stand()
        try stand.write(
            "bin/vibe", "#!/bin/sh\necho \"$MISTRAL_API_KEY\" > '\(stand.root)/seen'\n", executable: true)
        let mission = try stand.mission(
            "\"limits\": { \"maxAttempts\": 1 }, \"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\" } ]")
        let path = stand.root + "/bin:" + (Environment.value("PATH") ?? "/usr/bin:/bin")
        let answer = try stand.coord(
            ["run", mission, "--agent", "vibe"], with: ["PATH": path, "MISTRAL_API_KEY": Self.key])
        // It said nothing of its work, and was started with what it needs.
        #expect(answer.status == 1, "\(answer)")
        #expect(try stand.read("seen") == Self.key + "\n")
    }

    @Test("a file that cannot be taken is told before anything starts")
    func broken() throws {
        let place = try place("\"anthropic\": { \"keyStyle\": \"loud\" }")
        for agent in ["aider", "api:anthropic/claude-haiku-4-5"] {
            let answer = try place.run(agent)
            #expect(
                answer.status == 2 && answer.speech.contains("`keyStyle` is x-api-key"), "\(answer)")
        }
        #expect(Files.kind(place.stand.project + "/.coord") == nil)
        // Who needs no model need not mend it.
        let plain = try place.stand.mission(
            "\"tasks\": [ { \"id\": \"a\", \"run\": \"true\", \"workspace\": \"none\" } ]", name: "plain")
        let run = try place.stand.coord(["run", plain], with: place.environment)
        #expect(run.status == 0, "\(run)")
        let unknown = try self.place("\"mine\": { \"base\": \"http://127.0.0.1:1\" }").run("api:mime/m")
        #expect(unknown.status == 2 && unknown.speech.contains("did you mean `mine`?"), "\(unknown)")
    }
}
