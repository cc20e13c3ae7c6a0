import CPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the program was started with.
package enum Environment {
    /// One variable; nil when it is not set.
    package static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Every variable. Of a name that stands twice the first counts, as in `getenv`.
    package static var all: [String: String] {
        var result: [String: String] = [:]
        guard var entry = coord_environment() else { return result }
        while let text = entry.pointee {
            let line = String(cString: text)
            if let equals = line.firstIndex(of: "="), equals > line.startIndex {
                let name = String(line[..<equals])
                if result[name] == nil { result[name] = String(line[line.index(after: equals)...]) }
            }
            entry += 1
        }
        return result
    }

    /// The folder the program stands in; `/` when that was removed.
    package static var workingFolder: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    /// The user's home, from `HOME`.
    package static var home: String? { value("HOME").flatMap { $0.isEmpty ? nil : $0 } }
}

/// Finds programs.
package enum Executables {
    /// The absolute path of a program: a name with a slash is taken as a path, any other is looked up in
    /// `path` (`PATH` when nil). Relative entries of the list are skipped: they would let a project choose
    /// the program.
    package static func find(_ name: String, path: String? = nil) -> String? {
        guard !name.isEmpty, !name.utf8.contains(0) else { return nil }
        if name.contains("/") {
            let absolute = Files.absolute(name)
            return Files.isExecutable(absolute) ? absolute : nil
        }
        let list = path ?? Environment.value("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in list.split(separator: ":") where folder.hasPrefix("/") {
            let candidate = folder + "/" + name
            if Files.isExecutable(candidate) { return candidate }
        }
        return nil
    }

    /// The path of the running program, links resolved.
    package static func own() -> String {
        let path = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4097) { buffer in
            let count = coord_own_executable(buffer.baseAddress!, 4096)
            guard count > 0 else { return "" }
            buffer[count] = 0
            return String(cString: buffer.baseAddress!)
        }
        if path.isEmpty { return CommandLine.arguments.first.map { Files.absolute($0) } ?? "" }
        // Linux marks a program whose file was replaced while it ran.
        let mark = " (deleted)"
        let plain = path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
        // A path that cannot be resolved is still the best answer there is.
        return (try? Files.realPath(plain)) ?? plain
    }
}
