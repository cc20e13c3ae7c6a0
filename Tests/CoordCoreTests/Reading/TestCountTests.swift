import CoordCore
import Testing

@Suite("Test count")
struct TestCountTests {
    @Test(
        "the sums of the runners people use are read",
        arguments: [
            ("Ran 12 tests in 0.003s\n\nOK", 12),
            ("Ran 1 test in 0.003s", 1),
            ("Ran 0 tests in 0.000s\n\nNO TESTS RAN", 0),
            ("=== 3 passed, 1 failed in 0.12s ===", 4),
            ("=== 1 failed, 3 passed, 2 skipped in 0.12s ===", 4),
            ("=== 2 failed in 0.12s ===", 2),
            ("=== no tests ran in 0.01s ===", 0),
            ("collected 0 items", 0),
            ("✔ Test run with 80 tests in 14 suites passed after 0.8 seconds.", 80),
            ("✔ Test run with 1 test in 0 suites passed", 1),
            ("\t Executed 2 tests, with 0 failures\nExecuted 5 tests, with 0 failures (0 unexpected)", 5),
            ("Executed 0 tests, with 0 failures\n✔ Test run with 7 tests in 1 suite passed", 7),
            ("test result: ok. 12 passed; 0 failed; 0 ignored", 12),
            ("test result: ok. 12 passed; 1 failed\n\ntest result: ok. 3 passed; 0 failed", 16),
            ("1..4\nok 1\nok 2\n# tests 4\n# pass 4", 4),
            ("ℹ tests 9\nℹ pass 9", 9),
            ("1..4\nok 1 - a\n1..2", 6),
            (
                "Test Suites: 2 passed, 2 total\nTests:  1 failed, 5 passed, 6 total\nSnapshots: 1 passed, 1 total",
                6
            ),
            (" Test Files  1 passed (1)\n      Tests  3 passed (3)", 3),
            ("--- PASS: TestAdd (0.00s)\n    --- PASS: TestAdd/one (0.00s)\n--- FAIL: TestSub (0.00s)", 2),
            ("lint ok\n5 passed, 0 failed\n", 5),
            ("Ran 3 tests in 1s\r\n5 passed\r\n", 8),
        ] as [(String, Int)])
    func runners(output: String, count: Int) {
        #expect(TestCount.find(in: output) == count)
    }

    @Test(
        "an output that tells nothing counts nothing",
        arguments: [
            "", "all good", "Authentication passed", "0 failed", "Downloaded 3 packages, 0 failed",
            "Ran away with 3 tests", "1..", "1..4 more to come", "# tests", "tests 12",
            "99999999999999999999 passed", "-3 passed", "ok  \tpkg\t0.01s",
        ])
    func nothing(output: String) {
        #expect(TestCount.find(in: output) == nil)
    }
}
