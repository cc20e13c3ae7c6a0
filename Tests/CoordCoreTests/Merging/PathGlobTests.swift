import CoordCore
import Testing

@Suite("Patterns of paths")
struct PathGlobTests {
    @Test(
        "a pattern means these paths and not those",
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
        let glob = PathGlob(pattern)
        for path in these { #expect(glob.matches(path), "\(pattern) \(path)") }
        for path in notThose { #expect(!glob.matches(path), "\(pattern) \(path)") }
    }

    @Test(
        "two patterns overlap when a path could fit both, whichever is asked",
        arguments: [
            ("src/**", "src/a.txt", true), ("src/**", "docs/**", false), ("*.swift", "a*", true),
            ("a*", "b*", false), ("**/a", "b/**", true), ("src/a", "src", true), ("src/a", "src/b", false),
            ("x/*/z", "x/y/*", true), ("x/*/z", "x/y/w", false), ("", "anything", true),
            ("**/test/**", "lib/**/test_*.py", true), ("a/?", "a/bc", false),
        ])
    func overlapping(one: String, other: String, expected: Bool) {
        #expect(PathGlob(one).overlaps(PathGlob(other)) == expected)
        #expect(PathGlob(other).overlaps(PathGlob(one)) == expected)
    }

    @Test("letters of a real path are only themselves")
    func realPaths() {
        #expect(!PathGlob(path: "a*").overlaps(PathGlob("ab")))
        #expect(PathGlob("ab/*").isLiteral == false && PathGlob("ab/c").isLiteral)
    }
}
