import CoordCore
import Testing

@Suite("The gate that fits a project")
struct GatePresetTests {
    private func gate(_ files: [String: String]) -> [String]? {
        GatePreset.detect(names: Set(files.keys)) { files[$0] }?.commands
    }

    @Test(
        "each kind of project has one",
        arguments: [
            (["Makefile": "all:\n\tcc\ncheck: all\n\t./t\n"], ["make check"]),
            (["GNUmakefile": "build test: x\n"], ["make test"]),
            (["Package.swift": ""], ["swift test"]),
            (["Cargo.toml": ""], ["cargo test"]),
            (["Cargo.toml": "", "Cargo.lock": ""], ["cargo test --locked"]),
            (["go.mod": ""], ["go vet ./...", "go test ./..."]),
            (["pom.xml": ""], ["mvn -q -B test"]),
            (["pom.xml": "", "mvnw": ""], ["./mvnw -q -B test"]),
            (["build.gradle.kts": "", "gradlew": ""], ["./gradlew --console=plain test"]),
            (["package.json": #"{"scripts": {"test": "node --test"}}"#], ["npm test"]),
            (
                [
                    "package.json": #"{"scripts":{"test":"jest"},"devDependencies":{"jest":"1"}}"#,
                    "package-lock.json": "",
                ], ["npm ci --no-audit --no-fund", "npm test"]
            ),
            (
                ["package.json": #"{"scripts":{"test":"x"},"dependencies":{}}"#, "yarn.lock": ""],
                ["yarn install --frozen-lockfile", "yarn test"]
            ),
            (["pyproject.toml": "[tool.pytest.ini_options]\n"], ["python3 -m pytest -q"]),
            (["conftest.py": ""], ["python3 -m pytest -q"]),
            (["setup.py": "", "tests": ""], ["python3 -B -m unittest discover -s tests -t ."]),
        ] as [([String: String], [String])])
    func kinds(files: [String: String], commands: [String]) {
        #expect(gate(files) == commands)
    }

    @Test(
        "what says nothing of tests is no gate",
        arguments: [
            [:], ["README.md": "make check"], ["Makefile": "check := 1\nall:\n\tmake check: x\n# check:\n"],
            ["package.json": #"{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}"#],
            ["package.json": #"{"name":"test","scripts":{"build":"x"}}"#], ["setup.py": ""],
            ["src": "", "requirements.txt": "flask\n"],
        ] as [[String: String]])
    func none(files: [String: String]) {
        #expect(gate(files) == nil)
    }

    @Test("the project's own word goes first, and the others are named")
    func several() {
        let files = ["Makefile": "check:\n", "package.json": #"{"scripts":{"test":"x"}}"#, "go.mod": ""]
        let preset = GatePreset.detect(names: Set(files.keys)) { files[$0] }
        #expect(preset?.reason == "its Makefile has the target `check`")
        #expect(preset?.others == ["go.mod", "package.json"])
    }
}
