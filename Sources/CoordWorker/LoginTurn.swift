import CoordModel
import CoordProcess
import CoordSystem

/// The turn to start of a client that works with a person's own login: one at a time on the whole machine,
/// until it has its first answer.
///
/// A client that finds its login about to end fetches another, which ends the old one. Two that do so at once
/// sign each other out. Who comes later finds what the first one fetched.
final class LoginTurn {
    /// One that has no answer after so long keeps nobody waiting any more.
    private static let longest = Duration.seconds(60)

    private let client: String
    private let needsTurn: Bool
    private let surroundings: StepSurroundings
    private var waiting: SlotWait?
    private var held: HeldSlot?
    private var timer: Timers.Token?

    init(_ launch: AgentLaunch, in surroundings: StepSurroundings) {
        client = launch.driver
        // A client with a key has folders of its own; coord's own agent has neither.
        needsTurn = launch.home == nil && launch.driver != "api"
        self.surroundings = surroundings
    }

    deinit { surroundings.timers.cancel(timer) }

    /// Whether it waits for its turn still.
    var isAwaited: Bool { waiting != nil }

    /// Calls `begin` when it is its turn: at once where none is needed, or none can be had.
    func wait(_ begin: @escaping () -> Void) {
        guard needsTurn, let state = UserFolders.state(Environment.all) else { return begin() }
        let turns = MachineSlots(folder: state + "/logins/" + client, count: 1)
        do throws(SystemError) {
            waiting = try SlotWait("start of \(client)", of: turns, loop: surroundings.loop) {
                [unowned self] slot in
                let over = waiting
                surroundings.timers.after(.zero) { withExtendedLifetime(over) {} }
                waiting = nil
                held = slot
                timer = surroundings.timers.after(Self.longest) { [unowned self] in held = nil }
                begin()
            }
        } catch { begin() }
    }

    /// The client told something; what only an answer of the provider brings ends the turn.
    func heard(_ report: AgentReport) {
        switch report {
        case .usage, .toolStarted, .toolEnded, .context: end()
        default: break
        }
    }

    /// Lets the next one start.
    func end() {
        waiting?.cancel()
        waiting = nil
        held = nil
        surroundings.timers.cancel(timer)
        timer = nil
    }
}
