import CoordAgents
import CoordJSON
import CoordModel
import CoordProcess
import CoordRuntime

/// `coord doctor agents`: which clients are there, signed in, and what their drivers do. Starts each for its
/// version only.
enum AgentsDoctor {
    /// What was found of one client.
    struct Finding {
        var profile: ClientProfile
        var program: String?
        var version: String?
        var signIn = FoundAgent.SignIn.none
        /// Whom coord's own agent can call.
        var providers: [String] = []

        var isReady: Bool { program != nil && (signIn != .none || !providers.isEmpty) }
    }

    private static let patience = Duration.seconds(20)

    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let choice = GatewayChoice(context)
        let finder = try choice.finder()
        var findings = ClientProfile.all.map { look($0, finder) }
        var own = Finding(profile: .direct)
        if let (program, providers) = try choice.callable() {
            (own.program, own.version, own.providers) = (program, BuildInformation.version, providers)
        }
        findings.append(own)
        if context.wantsJSON {
            context.answer(["schema": "coord.agents/1", "agents": .array(findings.map(json))])
        } else {
            for finding in findings { context.output.line(line(finding, context.style)) }
        }
        return findings.contains(where: \.isReady) ? .done : .needsSignIn
    }

    private static func look(_ profile: ClientProfile, _ finder: AgentFinder) -> Finding {
        var finding = Finding(profile: profile)
        guard let found = finder.find(profile) else { return finding }
        finding.program = found.program
        finding.signIn = found.signIn
        finding.version = version(found.program)
        return finding
    }

    /// The first number with a point in what the program answers. Nil: it does not answer.
    private static func version(_ program: String) -> String? {
        let request = CommandRequest(
            executable: program, arguments: ["--version"], environment: AgentEnvironment.inherited(),
            timeout: patience)
        // A program that cannot be run has no version to tell.
        guard let result = try? CommandRunner.run(request) else { return nil }
        let words = (result.outputText + " " + result.errorText).split { $0.isWhitespace || $0 == "," }
        let numbers = words.lazy.map { $0.drop { !$0.isNumber } }
        return numbers.first { $0.contains(".") && $0.first?.isNumber ?? false }.map(String.init)
    }

    // MARK: Telling

    private static func line(_ finding: Finding, _ style: Style) -> String {
        let mark =
            finding.isReady
            ? style.green(TerminalText.padded("ready", to: 9))
            : style.yellow(TerminalText.padded(finding.program == nil ? "missing" : "sign in", to: 9))
        let name = TerminalText.padded(finding.profile.name, to: 16)
        return mark + name + TerminalText.escaped(details(finding))
    }

    private static func details(_ finding: Finding) -> String {
        let profile = finding.profile
        guard let program = finding.program else { return profile.installing }
        let version = finding.version.map { $0 + untried(finding) } ?? "no version told"
        if !finding.providers.isEmpty {
            return "\(version), calls \(finding.providers.joined(separator: ", ")); \(abilities(profile))"
        }
        switch finding.signIn {
        case .none: return "\(version), \(program): \(profile.signingIn)"
        case .key(let variable): return "\(version), by \(variable); \(abilities(profile))"
        case .login(let file): return "\(version), by \(file); \(abilities(profile))"
        case .gateway(let provider):
            return "\(version), by the gateway's key for \(provider); \(abilities(profile))"
        }
    }

    /// Said behind a version whose first number is another than what was tried.
    private static func untried(_ finding: Finding) -> String {
        guard let version = finding.version, finding.profile.isTried(version) == false else { return "" }
        return " (not tried with; \(finding.profile.tried ?? "") is)"
    }

    private static func abilities(_ profile: ClientProfile) -> String {
        profile.abilities.map(\.rawValue).joined(separator: " ")
    }

    private static func json(_ finding: Finding) -> JSONValue {
        let signIn: JSONValue =
            switch finding.signIn {
            case .none where !finding.providers.isEmpty:
                .string(finding.providers.joined(separator: ", "))
            case .none: .null
            case .key(let variable): .string(variable)
            case .login(let file): .string(file)
            case .gateway(let provider): .string("gateway:" + provider)
            }
        let hint =
            finding.program == nil
            ? finding.profile.installing : finding.isReady ? nil : finding.profile.signingIn
        return [
            "id": .string(finding.profile.name), "ready": .bool(finding.isReady),
            "program": finding.program.map { .string($0) } ?? .null,
            "version": finding.version.map { .string($0) } ?? .null, "signedInBy": signIn,
            "tried": finding.profile.tried.map { .string($0) } ?? .null,
            "supports": .array(finding.profile.abilities.map { .string($0.rawValue) }),
            "todo": hint.map { .string($0) } ?? .null,
        ]
    }
}
