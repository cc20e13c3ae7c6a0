import CoordJSON
import CoordModel
import CoordStore
import CoordSystem

/// `coord report`: what was done, by whom, at what cost.
enum ReportCommand {
    static let formats = ["text", "md", "html", "json"]

    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let report = try Report(context.runReading(), at: context.now)
        let file = context.arguments.value("output").map(context.path)
        let format =
            context.wantsJSON
            ? "json" : context.arguments.value("format") ?? file.flatMap(formatByName) ?? "text"
        let text =
            switch format {
            case "md": report.markdown
            case "html": report.html
            case "json": TerminalText.escapedJSON(report.json.prettyText)
            default:
                report.text(
                    columns: file == nil ? context.columns : 120, style: file == nil ? context.style : .plain)
            }
        guard let file else {
            context.output.write(text)
            return .done
        }
        try CommandFailure.fromSystem { () throws(SystemError) in
            try Files.writeAtomically(Array(text.utf8), to: file, permissions: 0o644, step: .report)
        }
        context.diagnostics.note("wrote `\(file)`")
        return .done
    }

    private static func formatByName(_ file: String) -> String? {
        let name = Files.name(file)
        guard let dot = name.lastIndex(of: ".") else { return nil }
        let ending = String(name[name.index(after: dot)...])
        return ending == "htm" ? "html" : formats.contains(ending) ? ending : nil
    }
}

/// What `coord run` prints at its end.
package enum Receipt {
    /// `file` is where the report lies, if it was written.
    package static func text(_ report: Report, file: String?, style: Style) -> String {
        let run = report.status.run
        let status =
            switch run.status {
            case .completed: style.green(run.status.rawValue)
            case .failed: style.red(run.status.rawValue)
            default: style.yellow(run.status.rawValue)
            }
        var text = style.bold(TerminalText.escaped(run.missionName)) + " " + status
        if !run.reason.isEmpty { text += ": " + TerminalText.escaped(run.reason) }
        text += "\n"
        func line(_ name: String, _ value: String) {
            text += "  " + style.dim(TerminalText.padded(name, to: 8)) + TerminalText.escaped(value) + "\n"
        }
        line("tasks", report.tally)
        let failed = report.tasks.filter { $0.stage.status == .failed }
        for task in failed.prefix(5) {
            line("", "\(task.id) \(task.stage.rawValue)" + (task.lastError.map { ": \($0)" } ?? ""))
        }
        if failed.count > 5 { line("", "and \(failed.count - 5) more") }
        line("commits", report.commits)
        if let delivery = run.delivery { line("remote", Wording.delivery(delivery)) }
        line("tokens", Wording.tokens(run.tokens))
        line("cost", report.money)
        line("project", run.project)
        if let file { line("report", file) }
        return text
    }
}
