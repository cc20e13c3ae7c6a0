import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Places where coord can be told to die, or be told that the system failed, so that recovery can be tested
/// at every step and not only where chance strikes.
///
/// Off unless `COORD_FAILPOINT` is set: a pass then costs one comparison. Its value is `POINT[:N[-M]][=WHAT]`
/// as in `journal-append.between:7` or `journal-append.before:5-9=ENOSPC`: at the N-th passing (1 if not
/// said) the process is killed as by `kill -9`, or the passings N to M fail with that error. With
/// `COORD_FAILPOINT_TRACE=FILE` each passing adds the point's name to the file.
package enum FailPoint {
    /// Where in a step.
    package enum Moment: String, CaseIterable, Sendable { case before, between, after }

    /// Every point there is: `journal-append.before` and so on.
    package static var all: [String] {
        DurableStep.allCases.flatMap { step in
            Moment.allCases.filter { $0 != .between || step.hasMiddle }.map { "\(step.rawValue).\($0)" }
        }
    }

    private static let plan = FailPlan(
        Environment.value("COORD_FAILPOINT"), trace: Environment.value("COORD_FAILPOINT_TRACE"))

    /// A step is at a moment. Does nothing but in a test that asked for this very passing.
    @inline(__always)
    package static func pass(_ step: DurableStep?, _ moment: Moment) throws(SystemError) {
        guard let plan, let step else { return }
        try plan.pass(step, moment)
    }

    /// As `pass`, where an error could not be told; only death counts.
    @inline(__always)
    package static func passOrDie(_ step: DurableStep?, _ moment: Moment) {
        guard let plan, let step else { return }
        // A fault asked for here has nobody to tell it to.
        try? plan.pass(step, moment)
    }
}

/// What `COORD_FAILPOINT` asks for.
final class FailPlan: Sendable {
    private let point: String
    private let first: Int
    private let last: Int
    /// The error to report; nil: die.
    private let fault: Int32?
    private let trace: String?
    private let passed = Mutex(0)

    /// Nil: nothing is asked for. A value that names no point ends the program: a test that kills nothing
    /// would pass for nothing.
    convenience init?(_ text: String?, trace: String?) {
        guard text != nil || trace != nil else { return nil }
        guard let text else {
            self.init(point: "", first: 0, last: 0, fault: nil, trace: trace)
            return
        }
        let halves = text.split(separator: "=", maxSplits: 1).map(String.init)
        let parts = (halves.first ?? "").split(separator: ":", maxSplits: 1).map(String.init)
        let range = (parts.count > 1 ? parts[1] : "1").split(separator: "-").map { Int($0) ?? 0 }
        let faults = ["ENOSPC": ENOSPC, "EIO": EIO, "EMFILE": EMFILE]
        let fault = halves.count > 1 ? faults[halves[1]] : nil
        guard let point = parts.first, FailPoint.all.contains(point), let first = range.first, first > 0,
            halves.count < 2 || fault != nil
        else {
            // Nothing better can be done when even that cannot be said.
            try? Descriptors.writeAll(Array("COORD_FAILPOINT `\(text)` is no fail point\n".utf8), to: 2)
            exit(2)
        }
        self.init(point: point, first: first, last: range.last ?? first, fault: fault, trace: trace)
    }

    private init(point: String, first: Int, last: Int, fault: Int32?, trace: String?) {
        self.point = point
        self.first = first
        self.last = last
        self.fault = fault
        self.trace = trace
    }

    func pass(_ step: DurableStep, _ moment: FailPoint.Moment) throws(SystemError) {
        let name = "\(step.rawValue).\(moment)"
        if let trace { note(name, in: trace) }
        guard name == point else { return }
        let number = passed.withLock { passed in
            passed += 1
            return passed
        }
        guard number >= first, number <= last else { return }
        guard let fault else {
            kill(getpid(), SIGKILL)
            // The signal may take a moment to arrive; nothing may be done in it.
            while true { pause() }
        }
        throw SystemError(operation: "pass", path: name, code: fault)
    }

    private func note(_ name: String, in path: String) {
        do throws(SystemError) {
            let descriptor = try Descriptors.open(path, O_WRONLY | O_APPEND | O_CREAT)
            defer { Descriptors.close(descriptor) }
            try Descriptors.writeAll(Array((name + "\n").utf8), to: descriptor, path: path)
        } catch {
            // A trace is for a test, which will miss the line.
            return
        }
    }
}
