package import CoordModel

/// A plan as what Landlock can say: lists of what may be read and what may be written. What no list names is
/// denied, so a hidden place is a hole between names: its neighbours are listed one by one.
///
/// Landlock adds rights on the way down and never takes one away: within a folder that may be written
/// everything may be.
package struct LandlockRules: Hashable, Sendable {
    package private(set) var readable: [String] = []
    package private(set) var writable: [String] = []
    package var allowsNetwork: Bool

    /// The option of the worker program that confines itself and becomes the command.
    package static let option = "--confined"

    /// Devices that programs write to, and the shared memory of semaphores.
    private static let devices = [
        "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx",
        "/dev/pts", "/dev/shm",
    ]

    /// `children` lists what is in a folder, absolute, without links.
    package init(_ plan: SandboxPlan, children: (String) -> [String]) {
        allowsNetwork = plan.allowsNetwork
        writable = Self.devices
        // A disk's device holds every file there is.
        var plan = plan
        plan.set("/dev", .hidden)
        let rules = plan.ordered.map(\.path)
        allow("/", .readable, plan, rules[...], children)
    }

    private mutating func allow(
        _ path: String, _ access: SandboxPlan.Access, _ plan: SandboxPlan, _ below: ArraySlice<String>,
        _ children: (String) -> [String]
    ) {
        switch access {
        case .writable: writable.append(path)
        case .hidden, .replaced, .mirrored: descend(plan, below, children)
        case .readable:
            let closes = below.contains {
                switch plan.rules[$0] {
                case .hidden, .replaced, .mirrored: true
                case .readable, .writable, nil: false
                }
            }
            guard closes else {
                readable.append(path)
                return descend(plan, below, children)
            }
            for child in children(path) {
                let inside = below.filter { $0.hasPrefix(child + "/") }
                allow(child, plan.rules[child] ?? .readable, plan, inside[...], children)
            }
        }
    }

    /// Goes on with the topmost rules below a place that gives no right itself.
    private mutating func descend(
        _ plan: SandboxPlan, _ below: ArraySlice<String>, _ children: (String) -> [String]
    ) {
        var rest = below
        while let next = rest.popFirst() {
            let inside = rest.prefix { $0.hasPrefix(next + "/") }
            rest = rest.dropFirst(inside.count)
            allow(next, plan.rules[next] ?? .readable, plan, inside, children)
        }
    }

    /// The words before the command. `program` is the worker program.
    package func launcher(program: String) -> Launcher {
        var words = [program, Self.option]
        for path in readable { words += ["--read", path] }
        for path in writable { words += ["--write", path] }
        if !allowsNetwork { words.append("--no-network") }
        return Launcher(words: words + ["--"], staysAsParent: false)
    }
}
