import CoordModel
import CoordSandbox
import Testing

@Suite("Landlock's rules")
struct LandlockTests {
    /// A tree of folders and files, by its leaves.
    private static func rules(_ plan: SandboxPlan, _ leaves: String...) -> LandlockRules {
        LandlockRules(plan) { folder in
            let above = folder == "/" ? "/" : folder + "/"
            let names = leaves.filter { $0.hasPrefix(above) }.compactMap {
                $0.dropFirst(above.count).split(separator: "/").first.map(String.init)
            }
            return Set(names).sorted().map { above + $0 }
        }
    }

    private static func plan(_ rules: KeyValuePairs<String, SandboxPlan.Access>) -> SandboxPlan {
        var plan = SandboxPlan(workingFolder: "/w", allowsNetwork: true)
        for (path, access) in rules { plan.set(path, access) }
        return plan
    }

    /// What is writable besides devices.
    private static func writable(_ rules: LandlockRules) -> [String] {
        rules.writable.filter { !$0.hasPrefix("/dev/") }
    }

    @Test("a hidden place is a hole between its neighbours, and no device can be read but harmless ones")
    func holes() {
        let rules = Self.rules(
            Self.plan(["/home/ada": .hidden, "/w": .writable]), "/usr/bin/sh", "/home/ada/.ssh/id",
            "/home/eve/x", "/dev/sda", "/dev/null", "/w/a")
        #expect(rules.readable == ["/home/eve", "/usr"])
        #expect(Self.writable(rules) == ["/w"])
        #expect(rules.writable.contains("/dev/null"))
        #expect(!rules.writable.contains("/dev/sda"))
    }

    @Test("what is shown within a hidden place is named, however deep")
    func islands() {
        let rules = Self.rules(
            Self.plan([
                "/home": .hidden, "/home/ada/.cargo": .readable, "/home/ada/.cargo/credentials": .hidden,
                "/home/ada/p": .hidden, "/home/ada/p/worktrees/a": .writable, "/home-2": .readable,
                "/home/ada/p/worktrees/a/.git": .readable, "/tmp": .replaced(by: "/t"), "/t": .writable,
            ]), "/home/ada/.cargo/bin/cargo", "/home/ada/.cargo/credentials", "/home/ada/p/worktrees/a/x",
            "/home-2/x", "/tmp/y", "/t/z")
        #expect(rules.readable == ["/home/ada/.cargo/bin", "/home-2"])
        #expect(Self.writable(rules).sorted() == ["/home/ada/p/worktrees/a", "/t"])
    }

    @Test("the worker program is told in words")
    func words() {
        var plan = Self.plan(["/w": .writable])
        plan.allowsNetwork = false
        let launcher = Self.rules(plan, "/usr/x", "/w/x").launcher(program: "/opt/coord-worker")
        #expect(launcher.words.prefix(4) == ["/opt/coord-worker", "--confined", "--read", "/usr"])
        #expect(launcher.words.suffix(4) == ["--write", "/w", "--no-network", "--"])
        #expect(!launcher.staysAsParent)
    }
}

@Suite("Seatbelt's profile")
struct SeatbeltTests {
    @Test("rules stand in the plan's order, so that the nearest folder decides")
    func profile() {
        var plan = SandboxPlan(workingFolder: "/w", allowsNetwork: false)
        plan.set("/people/ada", .replaced(by: "/t/home"))
        plan.set("/people/ada/p/worktrees/a", .writable)
        plan.set("/people/ada/p/worktrees/a/.git", .readable, isFile: true)
        plan.set("/people/ada/.ca\"rgo", .readable)
        let expected = """
            (version 1)
            (allow default)
            (deny file-write*)
            (deny signal)
            (allow signal (target same-sandbox))
            (deny process-info*)
            (allow process-info* (target same-sandbox))
            (deny mach-priv*)
            (deny appleevent-send)
            (allow file-write* (literal "/dev/null"))
            (allow file-write* (literal "/dev/zero"))
            (allow file-write* (literal "/dev/tty"))
            (allow file-write* (literal "/dev/ptmx"))
            (allow file-write* (literal "/dev/dtracehelper"))
            (deny file-read* file-write* (subpath "/people/ada"))
            (deny file-write* (subpath "/people/ada/.ca\\"rgo"))
            (allow file-read* (subpath "/people/ada/.ca\\"rgo"))
            (allow file-read* file-write* (subpath "/people/ada/p/worktrees/a"))
            (deny file-write* (literal "/people/ada/p/worktrees/a/.git"))
            (allow file-read* (literal "/people/ada/p/worktrees/a/.git"))
            (allow file-read-metadata)
            (deny network-outbound (remote unix-socket))
            (allow network-outbound (remote unix-socket (subpath "/people/ada/p/worktrees/a")))
            (deny network* (remote ip))

            """
        #expect(SeatbeltProfile.text(plan) == expected)
        #expect(
            SeatbeltProfile.launcher(plan, program: "/usr/bin/sandbox-exec").words.prefix(2) == [
                "/usr/bin/sandbox-exec", "-p",
            ])
    }
}
