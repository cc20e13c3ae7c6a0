import CoordSystem

/// A command line that is only a program and its words, so that no shell is needed to read it: half of the
/// cost of a short command is the start of the shell. GNU make does the same.
///
/// Whatever the shell would do more than split at spaces (quotes, patterns, variables, redirections, words
/// of its own) makes a line not plain, and so does a program that is not found: the shell says that best.
package struct PlainCommand: Hashable, Sendable {
    /// An absolute path.
    package var executable: String
    /// The program's name, as it was written.
    package var name: String
    package var arguments: [String]

    /// - Parameters:
    ///   - folder: where the command runs; a name with a slash is relative to it.
    ///   - path: the `PATH` it runs with.
    package init?(_ line: String, folder: String, path: String?) {
        guard line.utf8.allSatisfy(Self.isPlain), let path else { return nil }
        var words = line.split(separator: " ").map(String.init)
        guard let name = words.first, !name.contains("="), !Self.words.contains(name) else { return nil }
        words.removeFirst()
        let program = name.contains("/") ? Files.absolute(name, base: folder) : name
        guard let executable = Executables.find(program, path: path) else { return nil }
        (self.executable, self.name, arguments) = (executable, name, words)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "+"),
            UInt8(ascii: "@"), UInt8(ascii: "%"):
            true
        default: false
        }
    }

    /// What the shells that serve as `/bin/sh` take for themselves.
    private static let words: Set<String> = [
        ".", ":", "alias", "bg", "bind", "break", "builtin", "caller", "case", "cd", "chdir", "command",
        "compgen", "complete", "continue", "declare", "dirs", "disown", "do", "done", "echo", "elif", "else",
        "enable", "esac", "eval", "exec", "exit", "export", "false", "fc", "fg", "fi", "for", "function",
        "getopts", "hash", "help", "history", "if", "in", "jobs", "kill", "let", "local", "logout", "mapfile",
        "popd", "print", "printf", "pushd", "pwd", "read", "readarray", "readonly", "return", "select", "set",
        "shift", "shopt", "source", "suspend", "test", "then", "time", "times", "trap", "true", "type",
        "typeset", "ulimit", "umask", "unalias", "unset", "until", "wait", "whence", "while",
    ]
}
