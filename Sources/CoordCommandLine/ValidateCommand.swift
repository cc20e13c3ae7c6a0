import CoordCatalog
import CoordJSON
import CoordModel
import CoordSystem

/// `coord validate FILE…`: every problem of every file, and exit status 2 when one is an error. A folder is
/// all files of the catalogues in it.
enum ValidateCommand {
    /// How findings are written: with the line they speak of, as a document, or as notes on a pull request.
    static let formats = ["text", "json", "github"]

    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let catalog = MissionPreparation.catalog(context)
        let format = context.wantsJSON ? "json" : context.arguments.value("format") ?? "text"
        var all: [Diagnostic] = []
        for word in context.arguments.words {
            for (path, shown) in files(context.path(word), shown: word) {
                let found = CatalogKind.of(path).diagnostics(of: path, catalog: catalog)
                all += found
                guard format == "text" else { continue }
                for diagnostic in found { context.diagnostics.show(diagnostic, withSource: true) }
                if !found.contains(where: \.isError) {
                    context.output.line("\(TerminalText.escaped(shown)): ok")
                }
            }
        }
        if format == "json" { context.answer(document(all)) }
        if format == "github" { for line in all.map(annotation) { context.output.line(line) } }
        return all.contains(where: \.isError) ? .wrongInput : .done
    }

    /// The file, or the files of the catalogues in a folder, two folders deep.
    private static func files(_ path: String, shown: String) -> [(path: String, shown: String)] {
        guard Files.isFolder(path) else { return [(path, shown)] }
        if Files.kind(path + "/SKILL.md") != nil { return [(path + "/SKILL.md", shown + "/SKILL.md")] }
        var found: [(path: String, shown: String)] = []
        func look(_ folder: String, _ name: String, depth: Int) {
            // A folder that cannot be read holds nothing that could be checked.
            for entry in (try? Files.list(folder)) ?? [] where !entry.hasPrefix(".") {
                let path = folder + "/" + entry
                if Files.isFolder(path), depth < 3 {
                    look(path, name + "/" + entry, depth: depth + 1)
                } else if isCatalogueFile(entry, in: folder) {
                    found.append((path, name + "/" + entry))
                }
            }
        }
        look(path, shown, depth: 0)
        return found
    }

    private static func isCatalogueFile(_ name: String, in folder: String) -> Bool {
        if name.hasSuffix(".skill.json") || name == "SKILL.md" { return true }
        if name.hasPrefix("_") || name == "README.md" || name.hasSuffix(".schema.json") { return false }
        if folder.hasSuffix("/roles") || folder.hasSuffix("/agents") { return name.hasSuffix(".md") }
        return folder.hasSuffix("/missions") && (name.hasSuffix(".json") || name.hasSuffix(".md"))
    }

    private static func document(_ diagnostics: [Diagnostic]) -> JSONValue {
        ["schema": "coord.diagnostics/1", "diagnostics": .array(diagnostics.map(\.json))]
    }

    /// A workflow command of GitHub Actions, which shows it beside the line of a pull request.
    private static func annotation(_ diagnostic: Diagnostic) -> String {
        func escaped(_ text: String, _ isValue: Bool) -> String {
            var result = text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing(
                "\n", with: "%0A")
            if isValue { result = result.replacing(":", with: "%3A").replacing(",", with: "%2C") }
            return TerminalText.escaped(result)
        }
        var line = "::\(diagnostic.severity.rawValue) file=" + escaped(diagnostic.file, true)
        if let position = diagnostic.position { line += ",line=\(position.line),col=\(position.column)" }
        return line + "::" + escaped(diagnostic.message + (diagnostic.hint.map { ". " + $0 } ?? ""), false)
    }
}

extension Diagnostics {
    /// Prints one finding with the line it speaks of and a mark below its place.
    func show(_ diagnostic: Diagnostic, withSource: Bool) {
        guard withSource, let position = diagnostic.position,
            let line = Self.line(position.line, of: diagnostic.file)
        else { return show(diagnostic) }
        let number = "\(position.line)"
        let margin = String(repeating: " ", count: number.count)
        // Of a long line only what is around the place.
        let letters = Array(line)
        let start = max(0, position.column - 1 - 60)
        let shown = String(letters[min(start, letters.count)..<min(letters.count, start + 100)])
        let text = TerminalText.escaped(shown)
        let before = letters[min(start, letters.count)..<min(letters.count, max(start, position.column - 1))]
        let offset = TerminalText.escaped(String(before)).count
        let source = "\(margin) |\n\(number) | \(text)\n\(margin) | \(String(repeating: " ", count: offset))^"
        show(diagnostic, excerpt: source)
    }

    /// One line of a file, tabs as spaces. Nil: it cannot be read any more.
    private static func line(_ number: Int, of path: String) -> String? {
        // The message is whole without it.
        guard let text = try? Files.readText(path, limitBytes: 16 << 20) else { return nil }
        let lines = text.split(separator: "\n", maxSplits: number, omittingEmptySubsequences: false)
        guard lines.indices.contains(number - 1) else { return nil }
        return String(lines[number - 1]).replacing("\t", with: " ").replacing("\r", with: "")
    }
}
