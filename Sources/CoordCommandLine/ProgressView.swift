package import CoordModel

/// The picture of a run on a terminal: a line for each worker in its colour and shape, then one for the
/// whole. Pure: records, size and time go in, lines come out. No line is wider than the terminal.
package enum ProgressView {
    /// Draws the picture within a size.
    package static func lines(
        _ model: ProgressModel, columns: Int, rows: Int, style: Style, at now: Timestamp
    ) -> [String] {
        guard let run = model.run else { return [] }
        // A line as wide as the terminal would leave some terminals' cursor on the next.
        let columns = max(12, min(columns, 160) - 1)
        let below = [gate(model, columns, style), summary(model, run, columns, style, now)].compactMap { $0 }
        let room = max(1, rows - 2 - below.count)
        return workerLines(model, room: room, columns, style, now) + below
    }

    // MARK: Workers

    private static func workerLines(
        _ model: ProgressModel, room: Int, _ columns: Int, _ style: Style, _ now: Timestamp
    ) -> [String] {
        var shown = model.workers.filter { $0.status != .stopped }
        var hidden: [WorkerRecord] = []
        if shown.count > room {
            // Those at work stay; everybody keeps the order of the slots.
            let ranked = shown.enumerated().sorted { (rank($0.1), $0.0) < (rank($1.1), $1.0) }
            let chosen = ranked.prefix(max(1, room - 1)).map(\.offset).sorted()
            hidden = room == 1 ? [] : shown.indices.filter { !chosen.contains($0) }.map { shown[$0] }
            shown = chosen.map { shown[$0] }
        }
        let nameWidth = min(20, shown.map { TerminalText.width($0.slot.worker.rawValue) }.max() ?? 0)
        var lines = shown.map { line(of: $0, model, nameWidth, columns, style, now) }
        if !hidden.isEmpty {
            let busy = hidden.count { $0.status == .working }
            let text = "  and \(hidden.count) more" + (busy > 0 ? ", \(busy) of them at work" : "")
            lines.append(style.dim(TerminalText.cut(text, to: columns)))
        }
        return lines
    }

    private static func rank(_ worker: WorkerRecord) -> Int {
        switch worker.status {
        case .working: 0
        case .suspect, .backingOff, .offline: 1
        case .starting, .idle, .stopped: 2
        }
    }

    private static func line(
        of worker: WorkerRecord, _ model: ProgressModel, _ nameWidth: Int, _ columns: Int, _ style: Style,
        _ now: Timestamp
    ) -> String {
        let slot = worker.slot
        let name = TerminalText.padded(TerminalText.cut(slot.worker.rawValue, to: nameWidth), to: nameWidth)
        let clock = worker.status == .idle ? "" : Wording.clock(max(.zero, now - worker.since))
        let room = columns - 2 - nameWidth - 2 - (clock.isEmpty ? 0 : TerminalText.width(clock) + 2)
        let text = TerminalText.cut(TerminalText.escaped(doing(worker, model)), to: room)
        var line = style.colored(slot.shape + " " + name, slot.color) + "  "
        line += emphasised(text, worker.status, style)
        guard !clock.isEmpty else { return line }
        return line + String(repeating: " ", count: max(2, room - TerminalText.width(text) + 2))
            + style.dim(clock)
    }

    private static func doing(_ worker: WorkerRecord, _ model: ProgressModel) -> String {
        switch worker.status {
        case .working, .suspect:
            guard let id = worker.task else { return worker.status.rawValue }
            var text = id.rawValue
            if let attempt = worker.attempt, attempt > 1 { text += " (attempt \(attempt))" }
            if let activity = model.activities[worker.slot.worker] {
                text += "  " + activity
            } else if let title = model.task(id)?.spec.title, title != id.rawValue {
                text += "  " + title
            }
            return worker.status == .suspect ? "not heard of: " + text : text
        case .idle: return "idle"
        case .starting: return "starting"
        case .backingOff: return "waits before it starts again"
        case .offline: return "offline" + (worker.lastError.map { ": \($0)" } ?? "")
        case .stopped: return "stopped"
        }
    }

    private static func emphasised(_ text: String, _ status: WorkerStatus, _ style: Style) -> String {
        switch status {
        case .working: text
        case .idle, .starting, .stopped: style.dim(text)
        case .suspect, .backingOff: style.yellow(text)
        case .offline: style.red(text)
        }
    }

    // MARK: The whole

    /// What is on its way to the target; nil when nothing is.
    private static func gate(_ model: ProgressModel, _ columns: Int, _ style: Style) -> String? {
        let checking = model.tasks(in: .checking).map(\.rawValue)
        let queued = model.counts[.queued, default: 0]
        let approval = (model.tasks(in: .approval) + model.tasks(in: .asking)).map(\.rawValue)
        var parts: [String] = []
        if !checking.isEmpty { parts.append("at the gate: " + checking.joined(separator: ", ")) }
        if queued > 0 { parts.append("\(queued) in the merge queue") }
        if let first = model.collisions.first {
            let more = model.collisions.count > 1 ? " and \(model.collisions.count - 1) more" : ""
            parts.append(first.sentence + more)
        }
        if !approval.isEmpty { parts.append("waits for you: " + approval.joined(separator: ", ")) }
        guard !parts.isEmpty else { return nil }
        return style.dim(TerminalText.cut("  " + parts.joined(separator: " · "), to: columns))
    }

    private static func summary(
        _ model: ProgressModel, _ run: RunRecord, _ columns: Int, _ style: Style, _ now: Timestamp
    ) -> String {
        var parts = ["\(model.count(.completed))/\(model.total) completed"]
        let failed = model.count(.failed)
        if failed > 0 { parts.append(style.red("\(failed) failed")) }
        var money = Wording.money(run.spent)
        if let budget = run.budget { money += " of \(Wording.money(budget))" }
        parts.append(run.simulated ? "no model called" : money)
        if let until = run.rateLimitedUntil, until > now {
            parts.append(style.yellow("rate limit, \(Wording.clock(until - now)) left"))
        }
        if run.status != .running { parts.append(style.yellow(run.status.rawValue)) }
        parts.append(Wording.clock(max(.zero, now - run.startedAt)))
        let bar = ProgressBar.text(
            done: model.count(.completed), failed: failed, total: model.total, columns: 16, style)
        // Parts give way from the right until the line fits; the clock stays longest.
        while true {
            let line = bar + "  " + parts.joined(separator: " · ")
            if TerminalText.visibleWidth(line) <= columns || parts.count <= 2 {
                return TerminalText.visibleWidth(line) <= columns ? line : parts[0]
            }
            parts.remove(at: parts.count - 2)
        }
    }
}
