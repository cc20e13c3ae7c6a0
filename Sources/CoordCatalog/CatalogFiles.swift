import CoordSystem

/// Writes files of catalogues.
package enum CatalogFiles {
    /// Writes a text as a whole, its folder made; what is there gives way only when that is asked for.
    package static func write(_ text: String, to path: String, replaces: Bool) throws(Diagnostic) {
        guard replaces || Files.kind(path) == nil else {
            throw Diagnostic(
                file: path, message: "There is a file of that name already", hint: "`--force` replaces it")
        }
        do throws(SystemError) {
            try Files.makeFolder(Files.parent(path))
            try Files.writeAtomically(Array(text.utf8), to: path, permissions: 0o644)
        } catch {
            throw Diagnostic(file: path, message: "The file cannot be written: \(error.reason)")
        }
    }
}
