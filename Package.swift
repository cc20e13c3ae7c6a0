// swift-tools-version: 6.2
import PackageDescription

/// The strictness every Swift target shares: a leak of one module through another is a written decision.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "coord",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "coord", targets: ["coord"]),
        .executable(name: "coord-worker", targets: ["coord-worker"]),
        .executable(name: "coord-gateway", targets: ["coord-gateway"]),
        .executable(name: "coord-bench", targets: ["coord-bench"]),
    ],
    dependencies: [],
    targets: [
        // Cellar: C.
        .target(name: "CPosix"),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
        .systemLibrary(
            name: "CYAML", pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
        .systemLibrary(
            name: "CWeb", pkgConfig: "libwebsockets",
            providers: [.apt(["libwebsockets-dev"]), .brew(["libwebsockets"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),

        // Floor 0: nouns.
        room("CoordModel", []),
        room("CoordJSON", []),

        // Floor 1: pure decisions and codecs.
        room("CoordCore", ["CoordModel"]),
        room("CoordWire", ["CoordModel", "CoordJSON"]),
        room("CoordMCP", ["CoordModel", "CoordJSON", "CoordWire"]),
        room("CoordSandbox", ["CoordModel"]),
        room("CoordAgents", ["CoordModel", "CoordJSON", "CoordWire"]),
        room("CoordSkills", ["CoordModel", "CoordJSON"]),

        // Floor 2: adapters.
        room("CoordSystem", ["CoordModel", "CPosix"]),
        room("CoordProcess", ["CoordModel", "CoordWire", "CoordSystem", "CPosix"]),
        room("CoordGit", ["CoordModel", "CoordSystem", "CoordProcess"]),
        room("CoordStore", ["CoordModel", "CoordJSON", "CoordWire", "CoordSystem", "CSQLite"]),
        room("CoordCatalog", ["CoordModel", "CoordJSON", "CoordSkills", "CoordSystem", "CYAML"]),

        room("CoordHTTP", ["CoordProcess", "CWeb", "CCurl"]),

        // Floor 3: shells.
        room(
            "CoordGateway",
            ["CoordModel", "CoordJSON", "CoordWire", "CoordSystem", "CoordProcess", "CoordHTTP"]),
        room(
            "CoordRuntime",
            [
                "CoordModel", "CoordJSON", "CoordCore", "CoordWire", "CoordSandbox", "CoordAgents",
                "CoordSystem", "CoordProcess", "CoordGit", "CoordStore", "CoordCatalog", "CoordSkills",
            ]),
        room(
            "CoordWorker",
            [
                "CoordModel", "CoordJSON", "CoordWire", "CoordAgents", "CoordMCP", "CoordSandbox",
                "CoordSkills", "CoordSystem", "CoordProcess",
            ]),

        // Floor 4: programs.
        room(
            "CoordCommandLine",
            [
                "CoordModel", "CoordJSON", "CoordCore", "CoordWire", "CoordAgents", "CoordSystem",
                "CoordProcess", "CoordGit", "CoordStore", "CoordCatalog", "CoordRuntime", "CoordSkills",
            ]),
        program("coord", ["CoordCommandLine"]),
        program("coord-worker", ["CoordWorker"]),
        program("coord-gateway", ["CoordGateway"]),
        program(
            "coord-bench",
            [
                "CoordModel", "CoordJSON", "CoordCore", "CoordWire", "CoordAgents", "CoordSystem",
                "CoordProcess", "CoordGit", "CoordStore", "CoordRuntime", "CoordSimulation", "CoordCatalog",
                "CoordSkills", "CoordHTTP", "CoordScriptedModel",
            ]),

        // Garden: a world for tests and benches, and tests.
        room("CoordSimulation", ["CoordModel", "CoordCore"]),
        room("CoordScriptedModel", ["CoordModel", "CoordJSON", "CoordHTTP"]),
        tests("CoordModelTests", ["CoordModel", "CoordJSON"]),
        tests("CoordCoreTests", ["CoordCore", "CoordModel"]),
        tests("SimulationTests", ["CoordSimulation", "CoordCore", "CoordModel"]),
        tests("CoordWireTests", ["CoordWire", "CoordModel", "CoordJSON"]),
        tests(
            "CoordAgentsTests", ["CoordAgents", "CoordWire", "CoordModel", "CoordJSON", "CoordSystem"]),
        tests("CoordMCPTests", ["CoordMCP", "CoordWire", "CoordModel", "CoordJSON"]),
        tests("CoordSandboxTests", ["CoordSandbox", "CoordModel"]),
        tests("CoordSkillsTests", ["CoordSkills", "CoordModel", "CoordJSON"]),
        tests("CoordProcessTests", ["CoordProcess", "CoordWire", "CoordSystem", "CoordModel"]),
        tests("CoordGitTests", ["CoordGit", "CoordProcess", "CoordSystem", "CoordModel"]),
        tests(
            "CoordStoreTests", ["CoordStore", "CoordWire", "CoordModel", "CoordJSON", "CoordCore", "CSQLite"]),
        tests(
            "CoordCatalogTests", ["CoordCatalog", "CoordSkills", "CoordModel", "CoordJSON", "CoordSystem"]),
        tests(
            "CoordWorkerTests",
            [
                "CoordWorker", "CoordWire", "CoordProcess", "CoordSystem", "CoordModel", "CoordJSON",
                "coord-worker",
            ]),
        tests(
            "CoordGatewayTests",
            [
                "CoordGateway", "CoordHTTP", "CoordModel", "CoordCore", "CoordWire", "CoordSystem",
                "CoordProcess", "CoordScriptedModel",
            ]),
        tests(
            "CoordCommandLineTests",
            [
                "CoordCommandLine", "CoordModel", "CoordJSON", "CoordSystem", "CoordCore", "CoordWire",
                "CoordStore", "CoordRuntime", "CoordCatalog", "CoordSkills", "CoordProcess",
            ]),
        tests(
            "EndToEndTests",
            [
                "CoordModel", "CoordJSON", "CoordSystem", "CoordProcess", "CoordRuntime", "CPosix",
                "CoordSkills", "CoordScriptedModel", "coord", "coord-worker", "coord-gateway",
            ]),
        tests("HouseTests", ["CoordModel", "CoordJSON", "CoordSystem", "CoordProcess"]),
    ],
    swiftLanguageModes: [.v6]
)
