import CoordJSON
import CoordModel
import CoordSystem
import Testing

@testable import CoordCatalog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Files that nobody meant, out of a seed: the readers say what is wrong and never stop the program.
@Suite("Seeded noise in files")
struct FuzzTests {
    private struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let mission = """
        { "id": "m", "name": "M", "goal": "g", "agent": "command:x", "limits": { "budgetUSD": 1.5, "rate": {} },
          "team": [ { "role": "backend-dev", "count": 2 } ], "scale": { "min": 1, "max": 3 },
          "merge": { "gate": ["make test"], "protected": ["tests/**"] },
          "tasks": [ { "id": "a", "prompt": "p\\u00e9" }, { "id": "b", "run": "true", "deps": ["a"], "priority": -5 } ] }
        """
    private static let plan = """
        # Greeting

        Gate: `sh test.sh`

        ## Phase 1: the program [PARALLEL]
        - [ ] Write `greet.sh` [role: backend-dev]
          depends: a, b
        - [x] Done
        VERIFY: it greets
        """
    private static let role = """
        ---
        name: backend-dev
        description: "writes: the server"
        capabilities: [writes-code, &a runs-tests]
        owns: ["src/**"]
        tools: *a
        ---
        You write the server.
        """

    private func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

    private func mutated(_ text: String, _ chance: inout Chance) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0...(chance.next() % 5) where !bytes.isEmpty {
            let place = Int(chance.next() % UInt64(bytes.count))
            switch chance.next() % 6 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: chance.next())
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: bytes[place...].prefix(40), at: place)
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int(chance.next() % 60)))
            case 4: bytes.insert(contentsOf: Array("[{\"\\ud8".utf8), at: place)
            default: bytes[place] ^= 1 << UInt8(chance.next() % 8)
            }
        }
        return bytes
    }

    @Test("missions, plans and JSON: read, or refused with a place")
    func missions() {
        let seed = number("COORD_SEED") ?? 1
        var chance = Chance(state: seed)
        var (read, refused) = (0, 0)
        for _ in 0..<(number("COORD_FUZZ") ?? 3000) {
            let isPlan = chance.next() % 3 == 0
            let bytes = mutated(isPlan ? Self.plan : Self.mission, &chance)
            let reading = MissionFile.parse(
                bytes, file: isPlan ? "m.md" : "m.json", names: TestCatalog.names)
            #expect((reading.mission == nil) == !reading.errors.isEmpty, "seed \(seed): \(bytes)")
            if reading.mission == nil { refused += 1 } else { read += 1 }
            if let value = try? JSONParser.parse(bytes) {
                // What can be read is written so that it is read as the same.
                #expect((try? JSONParser.parse(value.text)) == value, "seed \(seed): \(bytes)")
            }
        }
        #expect(read > 0 && refused > 0, "\(read) \(refused)")
    }

    @Test("roles: read, or refused with a place")
    func roles() throws {
        let folder = try Files.temporaryFolder(prefix: "coord-fuzz-")
        defer { try? Files.removeTree(folder) }
        var chance = Chance(state: number("COORD_SEED") ?? 1)
        var (read, refused) = (0, 0)
        for _ in 0..<(number("COORD_FUZZ") ?? 1000) / 2 {
            try Files.write(mutated(Self.role, &chance), to: folder + "/role.md")
            let reading = RoleReader.read(folder + "/role.md", id: "role")
            if reading.role == nil { refused += 1 } else { read += 1 }
            #expect(reading.role != nil || !reading.diagnostics.isEmpty)
        }
        #expect(read > 0 && refused > 0, "\(read) \(refused)")
    }
}
