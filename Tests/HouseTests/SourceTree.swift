import CoordSystem

/// The repository as it lies on disk, read once.
enum SourceTree {
    /// The folder that holds `Package.swift`.
    static let root: String = {
        var parts = #filePath.split(separator: "/").map(String.init)
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Every Swift file below `Sources`, in the order of paths.
    static let sources = swiftFiles(below: "Sources")
    /// Every Swift file below `Tests`.
    static let tests = swiftFiles(below: "Tests")

    /// The text of a file, by its path relative to the root. A file that cannot be read is empty, which no
    /// rule of a file that must be there lets pass.
    static func text(_ path: String) -> String {
        // Ignorance is told by the rule that asked.
        (try? Files.readText(root + "/" + path)) ?? ""
    }

    static func exists(_ path: String) -> Bool { Files.kind(root + "/" + path) != nil }

    /// The names in a folder; none when it is missing.
    static func names(in folder: String) -> [String] {
        // A folder that is missing holds nothing.
        (try? Files.list(root + "/" + folder)) ?? []
    }

    /// Every file below a folder, relative to the root. Links are not followed; what git ignores is left out.
    static func files(below folder: String) -> [String] {
        var found: [String] = []
        for name in names(in: folder) where name != "__pycache__" && name != ".DS_Store" {
            let path = folder.isEmpty ? name : folder + "/" + name
            switch Files.kind(root + "/" + path) {
            case .folder: found += files(below: path)
            case .file: found.append(path)
            default: break
            }
        }
        return found
    }

    private static func swiftFiles(below folder: String) -> [SwiftText] {
        files(below: folder).filter { $0.hasSuffix(".swift") }.map { SwiftText(path: $0, text: text($0)) }
    }
}
