/// The gate that fits a project whose mission names none, judged by the files at its top.
///
/// What the project itself calls its check goes first: a target of a Makefile. It never looks below the top
/// and runs nothing.
package struct GatePreset: Hashable, Sendable {
    /// What must pass, in order.
    package var commands: [String]
    /// Why these, as in `its Makefile has the target "check"`.
    package var reason: String
    /// Files at the top that speak of another way to test it.
    package var others: [String]

    /// Nil: nothing at the top says how the project is tested.
    ///
    /// - Parameters:
    ///   - names: what lies at the project's top.
    ///   - text: the content of one of these files; nil when it cannot be read.
    package static func detect(names: Set<String>, text: (String) -> String?) -> GatePreset? {
        var found: [(preset: GatePreset, file: String)] = []
        for look in looks {
            if let preset = look(names, text) { found.append(preset) }
        }
        guard var first = found.first?.preset else { return nil }
        first.others = found.dropFirst().map(\.file)
        return first
    }

    private typealias Look = @Sendable (Set<String>, (String) -> String?) -> (GatePreset, String)?

    private static let looks: [Look] = [make, swift, rust, go, java, node, python]

    private static func preset(_ commands: [String], _ file: String, _ reason: String) -> (GatePreset, String)
    {
        (GatePreset(commands: commands, reason: reason, others: []), file)
    }

    @Sendable private static func make(_ names: Set<String>, _ text: (String) -> String?) -> (
        GatePreset, String
    )? {
        for file in ["GNUmakefile", "makefile", "Makefile"] where names.contains(file) {
            let targets = text(file).map(targets) ?? []
            for target in ["check", "test"] where targets.contains(target) {
                return preset(["make \(target)"], file, "its \(file) has the target `\(target)`")
            }
        }
        return nil
    }

    /// The names before the colon of each rule.
    static func targets(_ makefile: String) -> Set<String> {
        var targets: Set<String> = []
        for line in makefile.split(whereSeparator: \.isNewline) {
            guard let first = line.first, first != "\t", first != "#", first != " ",
                let colon = line.firstIndex(of: ":"), !line[colon...].hasPrefix(":="),
                !line[colon...].hasPrefix("::="), !line[..<colon].contains("=")
            else { continue }
            targets.formUnion(line[..<colon].split(separator: " ").map(String.init))
        }
        return targets
    }

    @Sendable private static func swift(
        _ names: Set<String>, _ text: (String) -> String?
    ) -> (GatePreset, String)? {
        guard names.contains("Package.swift") else { return nil }
        return preset(["swift test"], "Package.swift", "it is a Swift package (Package.swift)")
    }

    @Sendable private static func rust(
        _ names: Set<String>, _ text: (String) -> String?
    ) -> (GatePreset, String)? {
        guard names.contains("Cargo.toml") else { return nil }
        let locked = names.contains("Cargo.lock") ? " --locked" : ""
        return preset(["cargo test\(locked)"], "Cargo.toml", "it is a Rust package (Cargo.toml)")
    }

    @Sendable private static func go(_ names: Set<String>, _ text: (String) -> String?) -> (
        GatePreset, String
    )? {
        guard names.contains("go.mod") else { return nil }
        return preset(["go vet ./...", "go test ./..."], "go.mod", "it is a Go module (go.mod)")
    }

    @Sendable private static func java(
        _ names: Set<String>, _ text: (String) -> String?
    ) -> (GatePreset, String)? {
        if names.contains("pom.xml") {
            let maven = names.contains("mvnw") ? "./mvnw" : "mvn"
            return preset(["\(maven) -q -B test"], "pom.xml", "it is built with Maven (pom.xml)")
        }
        for file in ["build.gradle", "build.gradle.kts"] where names.contains(file) {
            let gradle = names.contains("gradlew") ? "./gradlew" : "gradle"
            return preset(["\(gradle) --console=plain test"], file, "it is built with Gradle (\(file))")
        }
        return nil
    }

    /// With a script `test` that is not the one `npm init` writes. The gate's folder has no `node_modules`:
    /// what is declared is installed first.
    @Sendable private static func node(
        _ names: Set<String>, _ text: (String) -> String?
    ) -> (GatePreset, String)? {
        guard names.contains("package.json"), let manifest = text("package.json"),
            hasTestScript(manifest)
        else { return nil }
        let needs = manifest.contains("\"dependencies\"") || manifest.contains("\"devDependencies\"")
        var commands = ["npm test"]
        if names.contains("pnpm-lock.yaml") {
            commands = ["pnpm install --frozen-lockfile", "pnpm test"]
        } else if names.contains("yarn.lock") {
            commands = ["yarn install --frozen-lockfile", "yarn test"]
        } else if names.contains("package-lock.json"), needs {
            commands.insert("npm ci --no-audit --no-fund", at: 0)
        } else if needs {
            commands.insert("npm install --no-audit --no-fund --no-package-lock", at: 0)
        }
        return preset(commands, "package.json", "its package.json has the script `test`")
    }

    private static func hasTestScript(_ manifest: String) -> Bool {
        // Only the outline is looked at: which words are between `"scripts"` and its closing brace.
        guard let start = position(of: "\"scripts\"", in: manifest) else { return false }
        let scripts = start.prefix { $0 != "}" }
        guard let test = position(of: "\"test\"", in: scripts) else { return false }
        return position(of: "no test specified", in: test.prefix { $0 != "\n" }) == nil
    }

    /// What follows the first place of a word; nil: it is not there.
    private static func position(of word: String, in text: some StringProtocol) -> Substring? {
        let bytes = Array(text.utf8)
        let wanted = Array(word.utf8)
        guard bytes.count >= wanted.count else { return nil }
        for start in 0...(bytes.count - wanted.count) where bytes[start...].starts(with: wanted) {
            return Substring(String(decoding: bytes[(start + wanted.count)...], as: UTF8.self))
        }
        return nil
    }

    @Sendable private static func python(
        _ names: Set<String>, _ text: (String) -> String?
    ) -> (GatePreset, String)? {
        let marks = ["pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "requirements.txt"]
        let pytest =
            ["pytest.ini", "conftest.py"].first(where: names.contains)
            ?? marks.first { names.contains($0) && position(of: "pytest", in: text($0) ?? "") != nil }
        if let pytest {
            return preset(["python3 -m pytest -q"], pytest, "its \(pytest) speaks of pytest")
        }
        guard let mark = marks.first(where: names.contains), names.contains("tests") || names.contains("test")
        else { return nil }
        let folder = names.contains("tests") ? "tests" : "test"
        return preset(
            ["python3 -B -m unittest discover -s \(folder) -t ."], mark,
            "it is a Python project (\(mark)) with a folder `\(folder)`")
    }
}
