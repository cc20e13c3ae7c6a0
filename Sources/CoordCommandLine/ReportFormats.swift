package import CoordJSON
import CoordModel
import CoordStore

// The report in its four formats. What agents wrote is data in each of them: escaped, never markup.

extension Report {
    /// For a terminal.
    package func text(columns: Int, style: Style) -> String {
        var text = style.bold(TerminalText.escaped(title)) + "\n"
        for section in sections {
            text += "\n" + style.bold(section.title) + "\n"
            for sentence in section.sentences { text += TerminalText.escaped(sentence) + "\n" }
            guard !section.rows.isEmpty else { continue }
            var table = TextTable(
                section.columns.enumerated().map { index, column in
                    TextTable.Column(
                        title: column.title.uppercased(), isRightAligned: column.isRight,
                        isFlexible: index == section.columns.count - 1)
                })
            for row in section.rows { table.append(row.map { TextTable.Cell($0) }) }
            text += table.text(columns: columns, style: style)
        }
        return text
    }

    /// Markdown with tables (GitHub Flavored Markdown).
    package var markdown: String {
        var text = "# " + Self.markdownEscaped(title) + "\n"
        for section in sections {
            text += "\n## \(section.title)\n\n"
            for sentence in section.sentences { text += "- " + Self.markdownEscaped(sentence) + "\n" }
            guard !section.rows.isEmpty else { continue }
            text += "| " + section.columns.map(\.title).joined(separator: " | ") + " |\n"
            text +=
                "| " + section.columns.map { $0.isRight ? "---:" : "---" }.joined(separator: " | ") + " |\n"
            for row in section.rows {
                text += "| " + row.map(Self.markdownEscaped).joined(separator: " | ") + " |\n"
            }
        }
        return text
    }

    /// One page without scripts and without anything from elsewhere.
    package var html: String {
        var text = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy"
              content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(Self.htmlEscaped(title))</title>
            <style>
            :root { color-scheme: light dark; }
            body { font: 14px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto;
                   padding: 0 1rem; }
            table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
            th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884;
                     vertical-align: top; overflow-wrap: anywhere; }
            .right { text-align: right; white-space: nowrap; }
            </style>
            <h1>\(Self.htmlEscaped(title))</h1>

            """
        for section in sections {
            text += "<h2>\(section.title)</h2>\n"
            for sentence in section.sentences { text += "<p>\(Self.htmlEscaped(sentence))</p>\n" }
            guard !section.rows.isEmpty else { continue }
            func row(_ cells: [String], _ tag: String) -> String {
                let cells = zip(cells, section.columns).map { cell, column in
                    "<\(tag)\(column.isRight ? " class=\"right\"" : "")>\(Self.htmlEscaped(cell))</\(tag)>"
                }
                return "<tr>" + cells.joined() + "</tr>\n"
            }
            text += "<table>\n<thead>\n" + row(section.columns.map(\.title), "th") + "</thead>\n<tbody>\n"
            text += section.rows.map { row($0, "td") }.joined() + "</tbody>\n</table>\n"
        }
        return text + "</html>\n"
    }

    /// The document of `coord report --json`.
    package var json: JSONValue {
        guard case .object(var document) = status.json else { preconditionFailure("a status is an object") }
        document["schema"] = "coord.report/1"
        document["attempts"] = .count(attempts)
        document["gates"] = [
            "passed": .count(gates[.passed] ?? 0), "failed": .count(gates[.failed] ?? 0),
            "couldNotRun": .count(gates[.couldNotRun] ?? 0),
        ]
        document["tasks"] = .array(tasks.map(TasksCommand.json))
        document["setbacks"] = .array(
            setbacks.map {
                [
                    "time": .time($0.time), "task": .name($0.task), "attempt": .count($0.attempt),
                    "what": .string($0.what),
                ]
            })
        document["content"] = .array(
            content.map { mark, attempts in
                [
                    "kind": .string(mark.kind.rawValue), "name": .string(mark.name),
                    "sha256": .string(mark.hash), "attempts": .count(attempts),
                    "changed": .bool(mark.isChanged),
                ]
            })
        for (name, grouping) in [("byRole", CostGrouping.role), ("byModel", .model), ("byWorker", .worker)] {
            document[name] = .array(
                (costs[grouping] ?? []).map {
                    ["id": .string($0.id), "costUSD": .dollars($0.cost), "tokens": .tokens($0.tokens)]
                })
        }
        return .object(document)
    }

    // MARK: Escaping

    static func markdownEscaped(_ text: String) -> String {
        var result = ""
        for character in TerminalText.escaped(text) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\\", "`", "*", "_", "[", "]", "|", "!", "#", "~": result += "\\" + String(character)
            default: result.append(character)
            }
        }
        return result
    }

    static func htmlEscaped(_ text: String) -> String {
        var result = ""
        for character in TerminalText.escaped(text) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }
}
