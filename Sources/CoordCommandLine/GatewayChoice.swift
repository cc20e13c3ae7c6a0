import CoordCatalog
import CoordModel
import CoordProcess
import CoordRuntime
import CoordSystem

/// Whether a run has the model gateway, and for whom that holds a key. `COORD_GATEWAY` may be `on`, `off` or
/// `auto`.
struct GatewayChoice {
    private let plan: GatewayHost.Plan
    private let wish: String
    private let environment: (String) -> String?

    init(_ context: CommandContext) {
        environment = context.surroundings.environment
        wish = environment("COORD_GATEWAY") ?? "auto"
        plan = GatewayHost.Plan(
            program: Files.parent(Executables.own()) + "/coord-gateway",
            configuration: (CatalogLocations.userFolder ?? "/") + "/gateway.json")
    }

    /// Whether the user's own file says what the gateway has.
    private var isConfigured: Bool { Files.kind(plan.configuration) == .file }

    /// Whether the gateway may hold keys that are not in the environment.
    var mayHoldKeys: Bool { wish != "off" && isConfigured && Files.isExecutable(plan.program) }

    /// Finds clients: one without a login is signed in by a key that the gateway alone holds.
    func finder() throws(CommandFailure) -> AgentFinder {
        guard mayHoldKeys else { return AgentFinder() }
        return AgentFinder(held: try accounts().held)
    }

    /// The gateway's program, where it may be used and is there; and the providers that it can call for
    /// coord's own agent, sorted.
    func callable() throws(CommandFailure) -> (program: String, providers: [String])? {
        guard wish != "off", Files.isExecutable(plan.program) else { return nil }
        let accounts = isConfigured ? try accounts() : inEnvironment
        return (
            plan.program,
            accounts.accounts.filter { $0.hasKey || !$0.wantsKey }.map(\.provider).sorted()
        )
    }

    private func accounts() throws(CommandFailure) -> GatewayAccounts {
        do throws(RuntimeError) { return try GatewayAccounts.ask(plan) } catch {
            throw CommandFailure(error)
        }
    }

    /// The gateway of a run whose agents call models: with a key to hold, or when it is asked for. Coord's
    /// own agent calls models through it only.
    func gateway(of run: RunPlan) throws(CommandFailure) -> GatewayHost.Plan? {
        guard run.callsModels else { return nil }
        let providers = run.directProviders
        guard wish != "off" else {
            guard let provider = providers.first else { return nil }
            throw CommandFailure(
                .wrongInput, "an agent `api:\(provider)/…` needs the gateway, which is off",
                hint: "take COORD_GATEWAY=off away, or name another agent")
        }
        guard Files.isExecutable(plan.program) else {
            if providers.isEmpty { return nil }
            throw CommandFailure(RuntimeError.missingWorkerProgram(path: plan.program))
        }
        if !providers.isEmpty {
            let accounts = isConfigured ? try accounts() : inEnvironment
            for provider in providers { try require(provider, in: accounts) }
        }
        guard wish == "on" || !providers.isEmpty || isConfigured || !inEnvironment.held.isEmpty else {
            return nil
        }
        return plan
    }

    /// What the gateway has without a file of the user's.
    private var inEnvironment: GatewayAccounts {
        GatewayAccounts(
            ModelProvider.known.map { provider in
                GatewayAccounts.Account(
                    provider: provider.name, wantsKey: true,
                    hasKey: provider.keyNames.contains { environment($0)?.isEmpty == false })
            })
    }

    /// A provider of coord's own agent must be known, and where it wants a key somebody must have one.
    private func require(_ provider: String, in accounts: GatewayAccounts) throws(CommandFailure) {
        guard let account = accounts.accounts.first(where: { $0.provider == provider }) else {
            let near = Suggestion.nearest(to: provider, among: accounts.accounts.map(\.provider))
            throw CommandFailure(
                .wrongInput, "there is no provider `\(provider)`",
                hint: near.map { "did you mean `\($0)`?" }
                    ?? "name its address in `gateway.json` of your configuration folder")
        }
        guard account.wantsKey, !account.hasKey else { return }
        let names = ModelProvider.known.first { $0.name == provider }?.keyNames ?? []
        let variables = names.isEmpty ? "the variable that it names" : names.joined(separator: " or ")
        throw CommandFailure(
            .needsSignIn, "there is no key for `\(provider)`, which an agent of this mission calls",
            hint: "set \(variables), or name a file with it, which you alone can read, in "
                + "`gateway.json` of your configuration folder")
    }
}
