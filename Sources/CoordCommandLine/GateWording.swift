import CoordCore
import CoordRuntime

/// What a run or a plan says of its gate: never silently none.
enum GateWording {
    /// Where the gate comes from, as a sentence without a full stop; nil: the mission or somebody named it.
    static func sentence(_ plan: RunPlan) -> String? {
        switch plan.gateSource {
        case .named: return nil
        case .detected(let preset):
            let commands = preset.commands.map { "`\($0)`" }.joined(separator: ", then ")
            let others = preset.others.isEmpty ? "" : " (not used: \(preset.others.joined(separator: ", ")))"
            return "the mission names no gate; taking \(commands), because \(preset.reason)\(others)"
        case .none(let project):
            let place =
                project == nil ? "no project was looked at" : "nothing in the project says how it is tested"
            return "no gate: work lands without any check of the whole, because \(place)"
        }
    }

    static let hint =
        "name one with `--gate CMD`, or in the mission: \"merge\": { \"gate\": [\"make test\"] }"

    /// Says it before anything starts: a note when there is a gate, a warning when there is none.
    static func say(_ plan: RunPlan, _ context: CommandContext) {
        guard plan.landsSomething, let sentence = sentence(plan) else { return }
        if case .detected = plan.gateSource {
            context.diagnostics.note(sentence)
        } else {
            context.diagnostics.warning(sentence, hint: hint)
        }
    }
}
