/// Reads out of a test runner's output how many tests ran.
///
/// Known: Python unittest and pytest, Swift Testing and XCTest, cargo, Node's runner, Jest, Go (`ok`/`--- PASS`
/// lines with -v), TAP plans, and the plain line `N passed, N failed`. Nil when the output tells nothing.
package enum TestCount {
    package static func find(in output: String) -> Int? {
        var total: Int?
        for line in output.split(separator: "\n", omittingEmptySubsequences: true) {
            guard let count = count(inLine: line) else { continue }
            total = (total ?? 0) + count
        }
        return total
    }

    private static func count(inLine line: Substring) -> Int? {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "=" || $0 == ";" || $0 == "," })
        guard let first = words.first else { return nil }
        // unittest: `Ran 12 tests in 0.1s`
        if first == "Ran", words.count >= 3, words[2].hasPrefix("test") { return Int(words[1]) }
        // Swift Testing: `Test run with 12 tests in 3 suites passed`
        if let run = words.firstIndex(of: "run"), run > 0, words[run - 1] == "Test", words.count > run + 3,
            words[run + 1] == "with", words[run + 3].hasPrefix("test")
        {
            return Int(words[run + 2])
        }
        // XCTest repeats its sums per suite; only the outermost line counts and it cannot be told apart: not read.
        // cargo: `test result: ok. 12 passed; 0 failed`; pytest: `12 passed in 0.1s`; plain: `12 passed, 0 failed`
        if let passed = words.firstIndex(of: "passed"), passed > 0, let count = Int(words[passed - 1]) {
            let failed = words.firstIndex(of: "failed").flatMap { $0 > 0 ? Int(words[$0 - 1]) : nil } ?? 0
            return count + failed
        }
        if line.contains("no tests ran") || line.contains("collected 0 items") { return 0 }
        // Node: `# tests 12`
        if first == "#", words.count == 3, words[1] == "tests" { return Int(words[2]) }
        return nil
    }
}
