import CoordJSON
import CoordModel
import CoordRuntime
import CoordStore

/// `coord workers`: the workers of a run.
enum WorkersCommand {
    static func list(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try context.runReading()
        let workers = try reading.workers()
        let ages = reading.record.status.isFinal ? [:] : Heartbeats.ask(reading.state)
        if context.wantsJSON {
            let documents = workers.map {
                StatusDocument.json($0, run: reading.record, age: ages[$0.slot.worker])
            }
            context.answer(["schema": "coord.workers/1", "workers": .array(documents)])
            return .done
        }
        var table = TextTable([
            .left("WORKER"), .left("ROLE"), .left("STATUS"), .left("TASK"), .right("PID"), .left("SANDBOX"),
            .right("RESTARTS"), .right("TOKENS"), .right("COST"), .flexible("LAST ERROR"),
        ])
        for worker in workers {
            table.append([
                .init(worker.slot.shape + " " + worker.slot.worker.rawValue) {
                    context.style.colored($0, worker.slot.color)
                },
                .init(worker.slot.role?.rawValue ?? "–"), .init(worker.status.rawValue),
                .init(worker.task?.rawValue ?? "–"),
                .init(StatusDocument.pid(of: worker).map { "\($0)" } ?? "–"),
                .init(worker.slot.sandbox.rawValue),
                .init("\(worker.restarts)"), .init(Wording.count(worker.tokens.total)),
                .init(Wording.money(worker.cost)), .init(worker.lastError ?? ""),
            ])
        }
        context.output.write(table.text(columns: context.columns, style: context.style))
        return .done
    }

    static func show(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try context.runReading()
        let worker = try reading.worker(context.arguments.words[0])
        let age = reading.record.status.isFinal ? nil : Heartbeats.ask(reading.state)[worker.slot.worker]
        if context.wantsJSON {
            context.answer([
                "schema": "coord.worker/1",
                "worker": StatusDocument.json(worker, run: reading.record, age: age),
            ])
            return .done
        }
        let style = context.style
        func line(_ name: String, _ value: String?) {
            guard let value, !value.isEmpty else { return }
            let name = style.dim(TerminalText.padded(name, to: 11))
            context.output.line(name + TerminalText.escaped(value))
        }
        let slot = worker.slot
        context.output.line(style.colored(slot.shape + " " + slot.worker.rawValue, slot.color))
        line("status", worker.status.rawValue + " since " + worker.since.clock + " UTC")
        line("role", slot.role?.rawValue)
        line("agent", slot.agent.description + (slot.model.map { ", model \($0)" } ?? ""))
        line("task", worker.task.map { "\($0), attempt \(worker.attempt ?? 1)" })
        line("process", StatusDocument.pid(of: worker).map { "pid \($0)" })
        line("heard of", age.map { Wording.duration(.milliseconds(Int64($0 * 1000))) + " ago" })
        line("restarts", "\(worker.restarts)")
        line("sandbox", slot.sandbox.rawValue)
        line("worktree", slot.worktree)
        line("branch", worker.branch)
        line("tokens", Wording.tokens(worker.tokens))
        line("cost", Wording.money(worker.cost) + (slot.budget.map { " of \(Wording.money($0))" } ?? ""))
        line("last error", worker.lastError)
        line("transcript", reading.state.transcript(reading.record.id, slot.worker))
        return .done
    }
}
