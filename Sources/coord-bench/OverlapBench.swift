import CoordGit
import CoordJSON
import CoordModel
import CoordProcess
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// P13: what the overlap radar costs in processor time, its git processes included.
enum OverlapBench {
    static func run(_ options: Options) {
        do { try measure(options) } catch {
            print("coord-bench: \(error)")
            exit(1)
        }
    }

    private static func measure(_ options: Options) throws {
        let files = options.integer("files", 5000)
        let count = options.integer("worktrees", 16)
        let root = try Files.realPath(Files.temporaryFolder(prefix: "coord-bench-"))
        // What cannot be removed stays for the next cleaning of the temporary folder.
        defer { try? Files.removeTree(root, step: .scratch) }
        let workspace = try makeWorkspace(root, files: files)
        var worktrees: [TrialMerges.Worktree] = []
        for number in 1...count {
            let lease = Lease(task: TaskID("t\(number)"), attempt: 1)
            let made = try workspace.prepareWorktree(slot: "w-\(number)", lease: lease)
            worktrees.append(TrialMerges.Worktree(slot: "w-\(number)", lease: lease, base: made.base))
            // One file that everybody changes, so that all pairs are united, and some of its own.
            try write("mine \(number)\n", made.path + "/d0/f0")
            for file in 1...8 { try write("mine \(number)\n", made.path + "/d\(number)/f\(file)") }
        }
        var trials = TrialMerges(workspace)
        var full: [Double] = []
        var incremental: [Double] = []
        var still: [Double] = []
        var collisions = 0
        for pass in 0..<options.integer("passes", 5) {
            try trials.close()
            for index in worktrees.indices { worktrees[index].isFresh = true }
            full.append(try time { collisions = try trials.look(worktrees).collisions.count })
            // One agent went on; two silent ones have their turn with it.
            for index in worktrees.indices { worktrees[index].isFresh = index < 3 }
            try write("more \(pass)\n", workspace.worktrees + "/w-1/d1/f1")
            incremental.append(try time { _ = try trials.look(worktrees) })
            for index in worktrees.indices { worktrees[index].isFresh = false }
            still.append(try time { _ = try trials.look(worktrees) })
        }
        try trials.close()
        Bench.report([
            ("worktrees", .integer(Int64(count))), ("files", .integer(Int64(files))),
            ("collisions", .integer(Int64(collisions))), ("full_cpu_ms", .number(median(full))),
            ("incremental_cpu_ms", .number(median(incremental))), ("still_cpu_ms", .number(median(still))),
        ])
    }

    private static func makeWorkspace(_ root: String, files: Int) throws -> Workspace {
        let project = root + "/project"
        for number in 0..<files {
            try write("file \(number)\n1\n2\n3\n", project + "/d\(number / 100)/f\(number % 100)")
        }
        let tool = try GitTool.locate(
            environment: ["PATH": Environment.value("PATH") ?? "/usr/bin:/bin", "HOME": root])
        let identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        for arguments in [
            ["init", "-q", "-b", "main"], ["add", "-A"], identity + ["commit", "-q", "-m", "x"],
        ] {
            let result = try CommandRunner.run(
                CommandRequest(
                    executable: tool.executable, arguments: arguments, environment: ["HOME": root],
                    workingFolder: project, timeout: .seconds(120)))
            guard result.succeeded else { throw BenchError(reason: result.errorText) }
        }
        let workspace = Workspace(
            git: tool, project: try Project.inspect(project, git: tool), target: "main", run: "bench",
            hub: root + "/hub.git", worktrees: root + "/worktrees", stateFolder: root + "/state")
        try workspace.openHub()
        return workspace
    }

    private struct BenchError: Error { var reason: String }

    private static func write(_ text: String, _ path: String) throws {
        try Files.makeFolder(Files.parent(path))
        try Files.write(Array(text.utf8), to: path, step: .scratch)
    }

    /// Processor time of this process and its ended children, in milliseconds.
    private static func time(_ body: () throws -> Void) throws -> Double {
        let before = processorTime()
        try body()
        return processorTime() - before
    }

    private static func processorTime() -> Double {
        var total = 0.0
        var own = rusage()
        var children = rusage()
        #if canImport(Glibc)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own)
            getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &children)
        #else
            getrusage(RUSAGE_SELF, &own)
            getrusage(RUSAGE_CHILDREN, &children)
        #endif
        for usage in [own, children] {
            for part in [usage.ru_utime, usage.ru_stime] {
                total += Double(part.tv_sec) * 1000 + Double(part.tv_usec) / 1000
            }
        }
        return total
    }

    private static func median(_ values: [Double]) -> Double {
        let middle = values.sorted()[values.count / 2]
        return (middle * 10).rounded() / 10
    }
}
