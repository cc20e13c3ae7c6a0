import CoordSystem
import Testing

/// Whole replies, kept as files beside the tests. `COORD_ACCEPT=1` writes what came as what is wanted.
enum GoldenFiles {
    private static let folder = Files.parent(Files.parent(#filePath)) + "/Golden/command-line"

    static func expect(
        _ name: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let path = folder + "/" + name + ".txt"
        if Environment.value("COORD_ACCEPT") == "1" {
            try Files.makeFolder(Files.parent(path))
            try Files.writeAtomically(Array(text.utf8), to: path, permissions: 0o644)
            return
        }
        let wanted = try Files.readText(path)
        #expect(text == wanted, "\(name).txt; accept with COORD_ACCEPT=1", sourceLocation: sourceLocation)
    }
}
