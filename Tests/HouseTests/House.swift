/// The plan of the house, as data: who may import whom, what is banned where, and every exception with its
/// reason.
enum House {
    /// Lengths a reader can hold.
    static let functionLinesMax = 70
    static let fileLinesMax = 400
    static let lineColumnsMax = 110

    /// The system's own library, under its two names.
    static let system = ["Glibc", "Darwin"]

    /// What each target may import. A target that is missing here may not exist.
    static let imports: [String: [String]] = [
        "CoordModel": [],
        "CoordJSON": [],
        "CoordCore": ["CoordModel"],
        "CoordWire": ["CoordModel", "CoordJSON"] + system,
        "CoordMCP": ["CoordModel", "CoordJSON", "CoordWire"],
        "CoordSandbox": ["CoordModel"],
        "CoordAgents": ["CoordModel", "CoordJSON", "CoordWire"],
        "CoordSkills": ["CoordModel", "CoordJSON"],
        "CoordSystem": ["CoordModel", "CPosix", "Synchronization"] + system,
        "CoordProcess": ["CoordModel", "CoordWire", "CoordSystem", "CPosix", "Synchronization"] + system,
        "CoordGit": ["CoordModel", "CoordSystem", "CoordProcess", "Synchronization"] + system,
        "CoordStore": ["CoordModel", "CoordJSON", "CoordWire", "CoordSystem", "CSQLite"] + system,
        "CoordCatalog": ["CoordModel", "CoordJSON", "CoordSkills", "CoordSystem", "CYAML"] + system,
        "CoordHTTP": ["CoordProcess", "CWeb", "CCurl", "Synchronization"],
        "CoordGateway": [
            "CoordModel", "CoordJSON", "CoordWire", "CoordSystem", "CoordProcess", "CoordHTTP",
        ],
        "CoordRuntime": pureFloors + adapters + ["Synchronization"] + system,
        "CoordWorker": [
            "CoordModel", "CoordJSON", "CoordWire", "CoordAgents", "CoordMCP", "CoordSandbox", "CoordSkills",
            "CoordSystem", "CoordProcess",
        ] + system,
        "CoordCommandLine": pureFloors + adapters + ["CoordRuntime", "Synchronization"] + system,
        "CoordSimulation": ["CoordModel", "CoordCore"],
        "CoordScriptedModel": ["CoordModel", "CoordJSON", "CoordHTTP", "Synchronization"],
        "coord": ["CoordCommandLine"] + system,
        "coord-worker": ["CoordWorker"] + system,
        "coord-gateway": ["CoordGateway"] + system,
        "coord-bench": pureFloors
            + [
                "CoordSystem", "CoordProcess", "CoordGit", "CoordStore", "CoordRuntime", "CoordCatalog",
                "CoordSimulation", "CoordHTTP", "CoordScriptedModel",
            ]
            + system,
    ]

    private static let pureFloors = [
        "CoordModel", "CoordJSON", "CoordCore", "CoordWire", "CoordSandbox", "CoordAgents",
        "CoordSkills",
    ]
    private static let adapters = ["CoordSystem", "CoordProcess", "CoordGit", "CoordStore", "CoordCatalog"]

    /// The floors that only compute: the same input gives the same answer, always.
    static let pureTargets = [
        "CoordModel", "CoordJSON", "CoordCore", "CoordWire", "CoordMCP", "CoordSandbox", "CoordAgents",
        "CoordSkills",
    ]

    /// What does not belong on a pure floor, and what to do instead.
    static let bannedWhenPure: [(code: String, instead: String)] = [
        ("Date(", "take `now` as an argument"),
        ("Date.now", "take `now` as an argument"),
        ("clock.now", "take `now` as an argument"),
        ("ContinuousClock", "take `now` as an argument"),
        ("SuspendingClock", "take `now` as an argument"),
        (".random(", "hold a `SeededGenerator`"),
        (".randomElement", "hold a `SeededGenerator`"),
        (".shuffled", "hold a `SeededGenerator`"),
        (".shuffle(", "hold a `SeededGenerator`"),
        ("SystemRandomNumberGenerator", "hold a `SeededGenerator`"),
        ("UUID(", "take the id as an argument"),
        ("async", "return an effect and let the shell wait"),
        ("await", "return an effect and let the shell wait"),
        ("actor", "be a value; the shell's loop owns it"),
        ("Task {", "return an effect and let the shell start it"),
        ("Task.", "return an effect and let the shell start it"),
        ("Mutex", "be a value; one thread owns it"),
        ("print(", "return it; only the command line speaks"),
        ("debugPrint(", "return it; only the command line speaks"),
    ]

    /// The rooms whose files, folders and rows a run is continued from after a crash.
    static let roomsThatLast = ["CoordRuntime", "CoordGit", "CoordStore", "CoordCommandLine"]

    /// Calls that change what outlives the process. Each says which durable step it is, so that a fail point
    /// stands before and after it.
    static let durableCalls = [
        "writeAtomically(", "Files.write(", "Files.rename(", "Files.copy(", "Files.remove(",
        "Files.removeTree(",
    ]

    /// The system's own calls of that kind: they belong to CoordSystem.
    static let rawDurableCalls = ["unlink(", "fsync(", "ftruncate(", "Glibc.rename(", "Darwin.rename("]

    /// Which targets know a C module.
    static let ownersOfC: [String: [String]] = [
        // Two rooms call the system. The shim under both is one header, so that there is one place where the
        // platform's macros are read.
        "CPosix": ["CoordSystem", "CoordProcess"],
        "CSQLite": ["CoordStore"],
        "CYAML": ["CoordCatalog"],
        "CWeb": ["CoordHTTP"],
        "CCurl": ["CoordHTTP"],
    ]

    /// The coordinator's mind has one owner in the program; a bench and a simulation hold one of their own.
    static let ownersOfTheMind = ["CoordCore", "CoordRuntime", "CoordSimulation", "coord-bench"]

    /// Words for things that have no name yet.
    static let vagueEndings = ["Manager", "Helper", "Helpers", "Utility", "Utilities", "Handler", "Info"]

    /// What may be longer, and why. The key is `path` for a file and `path function` for a function.
    static let longer: [String: String] = [:]

    /// Declarations of these files are explained where the protocol they conform to declares them.
    static let explainedByTheirProtocol: [String: String] = [
        "Sources/CoordAgents/ACPDialogue.swift": "AgentDialogue",
        "Sources/CoordAgents/AgentDialogue.swift": "AgentDialogue",
        "Sources/CoordAgents/AiderDialogue.swift": "AgentDialogue",
        "Sources/CoordAgents/ClaudeDialogue.swift": "AgentDialogue",
        "Sources/CoordAgents/CodexDialogue.swift": "AgentDialogue",
        "Sources/CoordAgents/CodexExecDialogue.swift": "AgentDialogue",
        "Sources/CoordAgents/DirectDialogue.swift": "AgentDialogue",
        "Sources/CoordAgents/GeminiDialogue.swift": "AgentDialogue",
        "Sources/CoordAgents/GooseDialogue.swift": "AgentDialogue",
        "Sources/CoordAgents/KimiDialogue.swift": "AgentDialogue",
        "Sources/CoordAgents/MiniDialogue.swift": "AgentDialogue",
        "Sources/CoordAgents/OpencodeDialogue.swift": "AgentDialogue",
        "Sources/CoordAgents/VibeDialogue.swift": "AgentDialogue",
        "Sources/CoordStore/InMemoryStore.swift": "Store",
        "Sources/CoordStore/SQLiteStore.swift": "Store",
        "Sources/CoordStore/SQLiteStore+Reading.swift": "Store",
    ]

    /// Files of a pure floor that may use the system's library, and for what.
    static let systemWhenPure: [String: String] = [
        "Sources/CoordWire/LineFraming.swift":
            "`memchr`, which computes and nothing else; a loop is ten times slower",
        "Sources/CoordWire/SecretMask.swift": "`memchr` and `memcmp`, for the same reason",
    ]
}
