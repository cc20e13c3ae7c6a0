package import CoordModel
import CoordProcess
package import CoordSystem
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Shows a run while it goes on, on standard error: a picture drawn in place on a terminal, plain lines
/// elsewhere.
///
/// It draws on a thread of its own, because a terminal may take nothing for hours (Ctrl-S, a sleeping laptop)
/// and a run must not wait for it. What could not be shown in time is dropped, and counted. `note` never
/// blocks.
package final class ProgressReporter: Sendable {
    /// How to show.
    package enum Mode: Sendable {
        case picture, lines
        /// Nothing at all.
        case silent
    }

    private struct State {
        var model: ProgressModel
        var lines: [String] = []
        var dropped = 0
        var isFinished = false
        var isWoken = false
        var isDrawn = false
        var area = LiveArea()
    }

    private static let linesMax = 2000
    /// Between two pictures at least, and at most.
    private static let shortestFrame: Int32 = 80
    private static let longestFrame: Int32 = 500

    private let mode: Mode
    private let style: Style
    private let surroundings: Surroundings
    private let descriptor: Int32
    private let wake: (read: Int32, write: Int32)
    private let state: Mutex<State>
    private let thread = BlockingThreads(count: 1, name: "progress")

    /// Begins to show. `model` is that of a run taken up again.
    package init(
        mode: Mode, style: Style, surroundings: Surroundings, model: ProgressModel = ProgressModel(),
        descriptor: Int32 = 2
    ) throws(SystemError) {
        self.mode = mode
        self.style = style
        self.surroundings = surroundings
        self.descriptor = descriptor
        state = Mutex(State(model: model))
        wake = try Descriptors.makePipe()
        if mode != .silent { thread.submit { [self] in work() } }
    }

    deinit {
        Descriptors.close(wake.read)
        Descriptors.close(wake.write)
    }

    /// Takes in what was just recorded. Called on the coordinator's thread.
    package func note(_ facts: [Fact]) {
        guard mode != .silent else { return }
        let wakes = state.withLock { state in
            for fact in facts {
                state.model.apply(fact)
                let line = ProgressLine.text(fact, state.model, isDetailed: mode == .lines, style: style)
                if let line { state.lines.append(line) }
            }
            if state.lines.count > Self.linesMax {
                state.dropped += state.lines.count - Self.linesMax
                state.lines.removeFirst(state.lines.count - Self.linesMax)
            }
            defer { state.isWoken = true }
            return !state.isWoken
        }
        if wakes { wakeUp() }
    }

    /// Says something between the facts, such as that Ctrl-C was understood.
    package func say(_ text: String) {
        guard mode != .silent else { return }
        state.withLock { $0.lines.append(TerminalText.escaped(text)) }
        wakeUp()
    }

    /// Shows what is left, takes the picture away and ends.
    package func finish() {
        guard mode != .silent else { return }
        state.withLock { $0.isFinished = true }
        wakeUp()
        // Jobs that no thread has begun are dropped by the shutdown: then the rest is drawn here.
        thread.shutdown()
        if !state.withLock({ $0.isDrawn }) { work() }
    }

    private func wakeUp() {
        var byte: UInt8 = 1
        // A full pipe wakes as well.
        _ = write(wake.write, &byte, 1)
    }

    // MARK: The thread that draws

    private func work() {
        defer { state.withLock { $0.isDrawn = true } }
        var isFinished = false
        var hasNews = false
        while !isFinished {
            if !hasNews { _ = waitForNews(milliseconds: mode == .picture ? Self.longestFrame : -1) }
            let (text, isLast) = state.withLock { state in
                state.isWoken = false
                return (draw(&state), state.isFinished)
            }
            isFinished = isLast
            // A reader that went away is no reason to stop the run; nor is there anybody to tell.
            guard (try? Descriptors.writeAll(text.utf8, to: descriptor)) != nil else { return }
            hasNews = !isFinished && mode == .picture && rest()
        }
    }

    /// Lets some time go by before the next picture, unless the end is told. True: there is something new.
    private func rest() -> Bool {
        let end = RuntimeClock.monotonicNanoseconds() + Int64(Self.shortestFrame) * 1_000_000
        var hasNews = false
        while !state.withLock({ $0.isFinished }) {
            let left = (end - RuntimeClock.monotonicNanoseconds()) / 1_000_000
            guard left > 0 else { break }
            if waitForNews(milliseconds: Int32(left)) { hasNews = true }
        }
        return hasNews
    }

    private func waitForNews(milliseconds: Int32) -> Bool {
        var wanted = pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, milliseconds) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 256)
        return read(wake.read, &buffer, buffer.count) > 0
    }

    private func draw(_ state: inout State) -> String {
        var lines = state.lines
        state.lines.removeAll()
        if state.dropped > 0 {
            lines.insert("(\(state.dropped) lines could not be shown in time)", at: 0)
            state.dropped = 0
        }
        guard mode == .picture else { return lines.map { $0 + "\n" }.joined() }
        let size = surroundings.terminalSize() ?? (80, 24)
        if state.isFinished {
            return state.area.clear(columns: size.columns) + lines.map { $0 + "\n" }.joined()
        }
        let picture = ProgressView.lines(
            state.model, columns: size.columns, rows: size.rows, style: style, at: surroundings.now())
        return state.area.frame(picture, columns: size.columns, above: lines)
    }
}
