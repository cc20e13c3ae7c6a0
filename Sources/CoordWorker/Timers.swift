import CoordProcess
import CoordSystem

/// Several alarms on a loop that has one. A worker has a handful at most.
final class Timers {
    /// Names one alarm, to call it off.
    struct Token: Hashable { fileprivate let number: Int }

    private struct Entry {
        let token: Token
        let dueAt: Int64
        let handler: () -> Void
    }

    private let loop: EventLoop
    private var entries: [Entry] = []
    private var nextNumber = 0

    init(loop: EventLoop) {
        self.loop = loop
        loop.alarm = { [unowned self] in self.ring() }
    }

    /// Calls the handler once, after a time.
    @discardableResult
    func after(_ delay: Duration, _ handler: @escaping () -> Void) -> Token {
        nextNumber += 1
        let token = Token(number: nextNumber)
        let dueAt = RuntimeClock.monotonicNanoseconds() + max(0, delay.wholeNanoseconds)
        entries.append(Entry(token: token, dueAt: dueAt, handler: handler))
        setAlarm()
        return token
    }

    /// The alarm does not come any more. Nil, and one that has come, are fine.
    func cancel(_ token: Token?) {
        guard let token else { return }
        entries.removeAll { $0.token == token }
        setAlarm()
    }

    private func ring() {
        let now = RuntimeClock.monotonicNanoseconds()
        // Looked up anew each time: a handler may call off another that is due as well.
        while let index = entries.indices.filter({ entries[$0].dueAt <= now }).min(by: {
            entries[$0].dueAt < entries[$1].dueAt
        }) {
            entries.remove(at: index).handler()
        }
        setAlarm()
    }

    private func setAlarm() {
        guard let next = entries.map(\.dueAt).min() else { return loop.setAlarm(after: nil) }
        loop.setAlarm(after: .nanoseconds(max(0, next - RuntimeClock.monotonicNanoseconds())))
    }
}
