import CoordModel
import Testing

@Suite("Patterns of paths")
struct PathPatternTests {
    @Test(
        "what a task claims means these paths and not those",
        arguments: [
            ("src", ["src", "src/a", "src/a/b"], ["srcs/a", "a/src"]),
            ("src/", ["src/a"], ["srx/a"]),
            ("./src/a.txt", ["src/a.txt"], ["src/a.txtx", "src/b.txt"]),
            ("src/*.swift", ["src/a.swift", "src/.swift"], ["src/a/b.swift", "src/a.swif"]),
            ("src/**/a", ["src/a", "src/x/a", "src/x/y/a/z"], ["src/b", "a"]),
            ("**", ["a", "a/b", ""], []),
            ("**/*.css", ["a.css", "x/y/a.css"], ["x/y/a.cs"]),
            ("a?c", ["abc", "a-c/d"], ["ac", "abbc"]),
            ("*a*b*", ["ab", "xaxbx"], ["ba", "a/b"]),
            ("f[ab]", ["fa", "fc"], ["f", "fab"]),
            ("f{a,bc}x", ["fax", "fbcx"], ["gax", "fa"]),
        ])
    func matching(pattern: String, these: [String], notThose: [String]) {
        let glob = PathPattern(claim: pattern)
        for path in these { #expect(glob.matches(path), "\(pattern) \(path)") }
        for path in notThose { #expect(!glob.matches(path), "\(pattern) \(path)") }
    }

    @Test(
        "two claims overlap when a path could fit both, whichever is asked",
        arguments: [
            ("src/**", "src/a.txt", true), ("src/**", "docs/**", false), ("*.swift", "a*", true),
            ("a*", "b*", false), ("**/a", "b/**", true), ("src/a", "src", true), ("src/a", "src/b", false),
            ("x/*/z", "x/y/*", true), ("x/*/z", "x/y/w", false), ("", "anything", true),
            ("**/test/**", "lib/**/test_*.py", true), ("a/?", "a/bc", false),
        ])
    func overlapping(one: String, other: String, expected: Bool) {
        #expect(PathPattern(claim: one).overlaps(PathPattern(claim: other)) == expected)
        #expect(PathPattern(claim: other).overlaps(PathPattern(claim: one)) == expected)
    }

    @Test(
        "a rule means its paths to the letter, whatever their case",
        arguments: [
            ("*.c", "a.c", true), ("*.c", "d/a.c", false), ("**/*.c", "d/e/a.c", true),
            ("**/*.c", "a.c", true),
            ("a/**/b", "a/b", true), ("a/**/b", "a/x/y/b", true), ("a/**/b", "a/x/c", false),
            ("a/", "a/b", true),
            ("./a?c", "abc", true), ("a?c", "ac", false), ("*a*b*", "xxaxxbxx", true), ("**", "a", true),
            ("Tests/*.PY", "tests/A.py", true), ("a", "a/b", false), ("**", "", false), ("a/", "a", false),
            ("f[ab]", "fa", false), ("f[ab]", "f[ab]", true), ("f{a}", "fa", false),
            ("a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ])
    func rules(pattern: String, path: String, matches: Bool) {
        #expect(PathPattern(rule: pattern).matches(path) == matches)
    }

    @Test("letters of a real path are only themselves")
    func realPaths() {
        #expect(!PathPattern(claim: "ab").matches("a*") && !PathPattern(rule: "ab").matches("a*"))
        #expect(PathPattern(claim: "ab/*").isLiteral == false && PathPattern(claim: "ab/c").isLiteral)
    }
}
