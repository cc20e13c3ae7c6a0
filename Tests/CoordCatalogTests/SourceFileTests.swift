import CoordModel
import CoordSystem
import Testing

@testable import CoordCatalog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Reading a file that may be anything")
struct SourceFileTests {
    private let catalog = Catalog(locations: CatalogLocations(places: []))

    /// What a person reads about the file, its folder left out.
    private func read(_ name: String, in scratch: Scratch) -> String {
        MissionFile.read(scratch.path(name), catalog: catalog).diagnostics
            .map { diagnostic in
                var diagnostic = diagnostic
                diagnostic.file = name
                return diagnostic
            }.printed
    }

    @Test(
        "bytes that are no UTF-8 text are refused where they are",
        arguments: [
            ([], "empty", "error: The mission file is empty\n  at m.json\nhint: A smallest mission is "),
            (Array(" \n\t\r\n".utf8), "blank", "error: The mission file is empty\n  at m.json\n"),
            (
                [0xEF, 0xBB, 0xBF] + Array("{}".utf8), "byte order mark",
                "error: The file starts with a byte order mark\n  at m.json:1:1\nhint: Save it as"
            ),
            (
                [0xFF, 0xFE, 0x7B, 0], "UTF-16, little end",
                "error: The file is UTF-16\n  at m.json:1:1\nhint: Save"
            ),
            (
                [0xFE, 0xFF, 0, 0x7B], "UTF-16, big end",
                "error: The file is UTF-16\n  at m.json:1:1\nhint: Save"
            ),
            (
                Array("{ \"id\":\n \"gr".utf8) + [0xFC, 0xDF] + Array("e\" }".utf8), "Latin-1",
                "error: The file is not UTF-8: byte fc cannot stand here\n  at m.json:2:5\nhint: Save it"
            ),
        ] as [([UInt8], String, String)])
    func encodings(_ bytes: [UInt8], _ name: String, _ expected: String) throws {
        let scratch = try Scratch()
        try scratch.write(bytes, to: "m.json")
        #expect(read("m.json", in: scratch).hasPrefix(expected), "\(name)")
    }

    @Test("a missing file, a folder, a device, a pipe, a link in a circle: each is called what it is")
    func kinds() throws {
        let scratch = try Scratch()
        try Files.makeFolder(scratch.path("folder.json"))
        #expect(symlink("/dev/zero", scratch.path("zero.json")) == 0)
        #expect(symlink("loop.json", scratch.path("loop.json")) == 0)
        #expect(symlink("nowhere", scratch.path("dangling.json")) == 0)
        #expect(mkfifo(scratch.path("pipe.json"), 0o600) == 0)
        let missing = """
            error: There is no such mission file
              at missing.json
            hint: `coord missions list` names the missions there are
            """
        #expect(read("missing.json", in: scratch) == missing)
        #expect(read("dangling.json", in: scratch).hasPrefix("error: There is no such mission file"))
        #expect(read("missing.json/x", in: scratch).hasPrefix("error: There is no such mission file"))
        #expect(
            read("folder.json", in: scratch)
                == "error: This is a folder, not a mission file\n  at folder.json")
        let device = "error: This is a device, a socket or a pipe, not a mission file\n  at "
        #expect(read("zero.json", in: scratch) == device + "zero.json")
        #expect(read("pipe.json", in: scratch) == device + "pipe.json")
        #expect(
            read("loop.json", in: scratch)
                == "error: The mission file is a link that leads back to itself\n  at loop.json")
        #expect(
            read(String(repeating: "x", count: 300), in: scratch)
                .hasPrefix("error: This cannot be the name of a mission file"))
    }

    @Test("a file of four gigabytes is refused unread")
    func tooLarge() throws {
        let scratch = try Scratch(["big.json": "{"])
        #expect(truncate(scratch.path("big.json"), 4 << 30) == 0)
        #expect(
            read("big.json", in: scratch) == """
                error: The mission file is larger than 16 MiB, the most that is read
                  at big.json
                """)
    }

    @Test("a file that may not be read is told with what would show why")
    func permission() {
        let refused = SystemError(operation: "open", path: "m.json", code: EACCES)
        #expect(
            SourceFile.diagnostic(refused, "m.json", .mission).description == """
                error: The mission file cannot be read: permission denied
                  at m.json
                hint: `ls -l` shows who may read it
                """)
        let other = SystemError(operation: "read", path: "m.json", code: EIO)
        #expect(
            SourceFile.diagnostic(other, "m.json", .mission).message
                == "The mission file cannot be read: \(SystemError.reason(EIO))")
    }
}
