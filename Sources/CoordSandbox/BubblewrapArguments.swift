package import CoordModel

/// A plan as arguments of bubblewrap (0.4 or newer).
package enum BubblewrapArguments {
    /// The words before the command. `program` is bubblewrap's absolute path.
    package static func launcher(_ plan: SandboxPlan, program: String) -> Launcher {
        Launcher(words: [program] + list(plan), staysAsParent: true)
    }

    /// Mounts happen in the order of the arguments: the whole tree first, then rule by rule, a folder before
    /// what is in it, and what hides is closed at the end, when the points to mount on have been made in it.
    package static func list(_ plan: SandboxPlan) -> [String] {
        var words = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        var closed: [String] = []
        for (path, access) in plan.ordered {
            switch access {
            case .hidden where plan.files.contains(path): words += ["--ro-bind", "/dev/null", path]
            case .hidden:
                words += ["--tmpfs", path]
                closed.append(path)
            case .readable: words += ["--ro-bind", path, path]
            case .writable: words += ["--bind", path, path]
            case .replaced(let other): words += ["--bind", other, path]
            case .mirrored(let other): words += ["--ro-bind", other, path]
            }
        }
        for path in closed { words += ["--remount-ro", path] }
        words += ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        if !plan.allowsNetwork { words.append("--unshare-net") }
        words += ["--die-with-parent", "--cap-drop", "ALL", "--chdir", plan.workingFolder, "--"]
        return words
    }
}
