import CoordJSON
import CoordProcess

/// What the gateway can call, and with whose key, asked before a run starts. The keys themselves stay with
/// the gateway's program.
package struct GatewayAccounts: Sendable, Equatable {
    /// A provider as the user's file and the environment have it.
    package struct Account: Sendable, Equatable {
        package var provider: String
        /// A variable or a file is named that should hold a key; false: it is called without.
        package var wantsKey: Bool
        package var hasKey: Bool

        package init(provider: String, wantsKey: Bool, hasKey: Bool) {
            self.provider = provider
            self.wantsKey = wantsKey
            self.hasKey = hasKey
        }
    }

    package var accounts: [Account]

    /// The providers with a key.
    package var held: Set<String> { Set(accounts.filter(\.hasKey).map(\.provider)) }

    package init(_ accounts: [Account]) { self.accounts = accounts }

    private static let patience = Duration.seconds(20)

    /// Asks the gateway's program. Throws what it says of a configuration that it does not take.
    package static func ask(_ plan: GatewayHost.Plan) throws(RuntimeError) -> GatewayAccounts {
        let result: CommandResult
        do throws(ProcessError) {
            result = try CommandRunner.run(
                CommandRequest(
                    executable: plan.program,
                    arguments: ["--accounts", "--configuration", plan.configuration],
                    environment: GatewayHost.ownEnvironment, timeout: patience))
        } catch { throw .process(error) }
        // An answer that cannot be read is none.
        guard result.succeeded, let value = try? JSONParser.parse(result.outputText),
            let list = value["accounts"]?.arrayValue
        else {
            let said = result.errorText.split(separator: "\n").first.map(String.init)
            throw .gatewayRefused(reason: said ?? "coord-gateway does not answer")
        }
        return GatewayAccounts(
            list.compactMap { account in
                guard let provider = account["provider"]?.stringValue else { return nil }
                return Account(
                    provider: provider, wantsKey: account["wantsKey"]?.boolValue ?? true,
                    hasKey: account["hasKey"]?.boolValue ?? false)
            })
    }
}
