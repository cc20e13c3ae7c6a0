/// Reads out of a test runner's output how many tests ran.
///
/// Known: Python unittest and pytest, Swift Testing, XCTest, cargo, Node's runner, Jest, Vitest, Go (with
/// `-v`), TAP plans, and the plain line `N passed, N failed`. Nil when the output tells nothing; 0 when a
/// runner says that there was no test. Several runners one after the other are added up.
package enum TestCount {
    /// What one line can tell. Kinds are apart because some runners say the same twice.
    private enum Line {
        /// A sum that a runner says once.
        case sum(Int)
        /// XCTest repeats its sums per suite, the outermost is the largest.
        case nested(Int)
        /// A TAP plan; Node prints one and its own sum.
        case plan(Int)
        case node(Int)
        /// One test of its own, as Go prints them.
        case single
    }

    /// How many tests ran, by the whole output.
    package static func find(in output: String) -> Int? {
        var sums: Int?
        var nested: Int?
        var plans: Int?
        var node: Int?
        for line in output.split(whereSeparator: \.isNewline) {
            switch read(line) {
            case .sum(let count): sums = (sums ?? 0) + count
            case .single: sums = (sums ?? 0) + 1
            case .nested(let count): nested = max(nested ?? 0, count)
            case .plan(let count): plans = (plans ?? 0) + count
            case .node(let count): node = (node ?? 0) + count
            case nil: break
            }
        }
        let counts = [sums, nested, node ?? plans].compactMap { $0 }
        return counts.isEmpty ? nil : counts.reduce(0, +)
    }

    /// How many tests were skipped, by the whole output; nil when it tells nothing of any.
    package static func findSkips(in output: String) -> Int? {
        var sum: Int?
        var single: Int?
        for line in output.split(whereSeparator: \.isNewline) {
            if let count = skips(line) { sum = (sum ?? 0) + count }
            if isSkip(line) { single = (single ?? 0) + 1 }
        }
        // A runner that counts them at the end has told each of them before.
        return [sum, single].compactMap { $0 }.max()
    }

    /// A sum of skipped tests, as a runner says it once.
    private static func skips(_ line: Substring) -> Int? {
        let words = line.split(whereSeparator: { " \t=;,()".contains($0) })
        guard let first = words.first else { return nil }
        // unittest: `OK (skipped=2)`
        if first == "OK" || first == "FAILED", line.contains("skipped="),
            let place = words.firstIndex(of: "skipped"), place + 1 < words.count
        {
            return number(words[place + 1])
        }
        // Node: `# skipped 1`
        if first == "#" || first == "ℹ" {
            return words.count == 3 && words[1] == "skipped" ? number(words[2]) : nil
        }
        // XCTest: `Executed 5 tests, with 2 tests skipped and 0 failures`
        if first == "Executed", let place = words.firstIndex(of: "skipped"), place > 1 {
            return number(words[place - 2])
        }
        guard !line.contains("Suites:"), !line.contains("Files") else { return nil }
        guard line.contains("passed") || line.hasPrefix("=") else { return nil }
        // pytest, Jest: `2 skipped`; cargo: `2 ignored`
        return count(before: "skipped", in: words) ?? count(before: "ignored", in: words)
    }

    /// A line about one skipped test: Go, TAP, Swift Testing.
    private static func isSkip(_ line: Substring) -> Bool {
        if line.hasPrefix("--- SKIP:") { return true }
        if line.hasPrefix("ok ") { return line.lowercased().contains("# skip") }
        return line.hasPrefix("➜") && line.contains(" skipped") || line.hasPrefix("↷")
    }

    private static func read(_ line: Substring) -> Line? {
        let words = line.split(whereSeparator: { " \t=;,".contains($0) })
        guard let first = words.first else { return nil }
        switch first {
        // unittest: `Ran 12 tests in 0.1s`
        case "Ran" where words.count > 2 && words[2].hasPrefix("test"):
            return number(words[1]).map { .sum($0) }
        // XCTest: `Executed 12 tests, with 0 failures (0 unexpected) in 0.1 (0.1) seconds`
        case "Executed" where words.count > 2 && words[2].hasPrefix("test"):
            return number(words[1]).map { .nested($0) }
        // Node: `# tests 12`, or `ℹ tests 12`
        case "#", "ℹ":
            return words.count == 3 && words[1] == "tests" ? number(words[2]).map { .node($0) } : nil
        // Go: `--- PASS: TestAdd (0.00s)`; subtests are indented and count as part of theirs.
        case "---":
            let isResult = words.count > 1 && (words[1] == "PASS:" || words[1] == "FAIL:")
            return isResult && line.hasPrefix("---") ? .single : nil
        // Jest and Vitest count files beside tests.
        case "Test" where words.count > 1 && (words[1] == "Suites:" || words[1] == "Files"): return nil
        case "Snapshots:": return nil
        default: return plan(first, isAlone: words.count == 1) ?? sum(words, in: line)
        }
    }

    /// TAP: `1..12`
    private static func plan(_ word: Substring, isAlone: Bool) -> Line? {
        guard isAlone, word.hasPrefix("1..") else { return nil }
        return number(word.dropFirst(3)).map { .plan($0) }
    }

    private static func sum(_ words: [Substring], in line: Substring) -> Line? {
        // Swift Testing: `Test run with 12 tests in 3 suites passed`
        if let run = words.firstIndex(of: "run"), run > 0, words[run - 1] == "Test", words.count > run + 3,
            words[run + 1] == "with", words[run + 3].hasPrefix("test")
        {
            return number(words[run + 2]).map { .sum($0) }
        }
        // cargo: `test result: ok. 12 passed; 0 failed`; pytest: `=== 1 failed, 12 passed in 0.1s ===`
        let failed = count(before: "failed", in: words)
        if let passed = count(before: "passed", in: words) { return .sum(passed + (failed ?? 0)) }
        // Without a word of what passed only pytest's own line counts: many tools say `0 failed`.
        if let failed, line.hasPrefix("=") { return .sum(failed) }
        if line.contains("no tests ran") || line.contains("collected 0 items") { return .sum(0) }
        return nil
    }

    private static func count(before word: Substring, in words: [Substring]) -> Int? {
        guard let index = words.firstIndex(of: word), index > 0 else { return nil }
        return number(words[index - 1])
    }

    /// A count that may be believed: an output can hold any digits.
    private static func number(_ word: Substring) -> Int? {
        Int(word).flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
    }
}
