import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

/// An agent that is a shell command, and speaks the event protocol of CONTRACT section 5 in its output.
final class CommandAgent: AgentDriver {
    /// Beyond this many refused events the rest is only counted.
    private static let refusalsTold = 10

    private let command: String
    private let surroundings: StepSurroundings
    private var step: CommandStep?
    private var refusals = 0

    init(_ command: String, in surroundings: StepSurroundings) {
        self.command = command
        self.surroundings = surroundings
    }

    func start(report: @escaping (AgentReport) -> Void, completion: @escaping (AttemptOutcome?) -> Void) {
        do throws(ProcessError) {
            step = try CommandStep(
                .shell(command), in: surroundings,
                lines: StepLines(output: { [unowned self] line in
                    switch AgentEventParser.parse(line) {
                    case .report(let event): report(event)
                    case .transcript: break
                    case .refused(let reason): refuse(reason, report)
                    }
                }),
                completion: { exit in
                    completion(
                        exit == .exited(status: 0) ? nil : .failed(reason: "the agent ended with \(exit)"))
                })
        } catch {
            completion(.failed(reason: "the agent could not start: \(error)"))
        }
    }

    private func refuse(_ reason: String, _ report: (AgentReport) -> Void) {
        refusals += 1
        guard refusals <= Self.refusalsTold else { return }
        let rest = refusals == Self.refusalsTold ? "; further ones are not told" : ""
        report(.progress("coord refused an event of the agent: \(reason)\(rest)"))
    }

    func steer(_ text: String) -> Bool { false }
    func terminate() { step?.terminate() }
    func abort() { step?.abort() }
    func resumeIfPossible() { step?.resumeIfPossible() }
}
