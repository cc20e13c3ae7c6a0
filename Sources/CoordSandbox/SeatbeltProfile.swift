package import CoordModel

/// A plan as a profile of macOS' sandbox, for `sandbox-exec -p`. The last rule that fits a path counts, so
/// the rules stand in the plan's order.
package enum SeatbeltProfile {
    /// The words before the command.
    package static func launcher(_ plan: SandboxPlan, program: String) -> Launcher {
        Launcher(words: [program, "-p", text(plan)], staysAsParent: false)
    }

    /// Devices that programs write to.
    private static let devices = ["/dev/null", "/dev/zero", "/dev/tty", "/dev/ptmx", "/dev/dtracehelper"]

    /// The profile's text.
    package static func text(_ plan: SandboxPlan) -> String {
        var lines = [
            "(version 1)", "(allow default)", "(deny file-write*)", "(deny signal)",
            "(allow signal (target same-sandbox))", "(deny process-info*)",
            "(allow process-info* (target same-sandbox))", "(deny mach-priv*)", "(deny appleevent-send)",
        ]
        for path in devices { lines.append("(allow file-write* (literal \(quoted(path))))") }
        for (path, access) in plan.ordered {
            let place = "(\(plan.files.contains(path) ? "literal" : "subpath") \(quoted(path)))"
            switch access {
            case .hidden, .replaced, .mirrored:
                lines.append("(deny file-read* file-write* \(place))")
            case .readable:
                lines += ["(deny file-write* \(place))", "(allow file-read* \(place))"]
            case .writable: lines.append("(allow file-read* file-write* \(place))")
            }
        }
        // Programs look at the folders on the way to what they may use.
        lines.append("(allow file-read-metadata)")
        // Services listen on sockets among the files; those of the command itself lie where it may write.
        lines.append("(deny network-outbound (remote unix-socket))")
        for (path, access) in plan.ordered where access == .writable {
            lines.append("(allow network-outbound (remote unix-socket (subpath \(quoted(path)))))")
        }
        if !plan.allowsNetwork { lines.append("(deny network* (remote ip))") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" { result += "\\" }
            result.unicodeScalars.append(character)
        }
        return result + "\""
    }
}
