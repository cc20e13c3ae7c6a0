import CoordModel

/// Where a client that speaks the OpenAI shape sends its calls.
struct OpenAIRoute: Hashable, Sendable {
    /// Ends in `/v1` as a rule.
    var address: String
    var key: String
    /// The variable that holds the key.
    var variable: String

    /// The gateway's, else what the environment says. Nil: neither names one.
    init?(_ request: AgentRequest) {
        variable = "OPENAI_API_KEY"
        if let gateway = request.launch.gateway, let url = gateway.openAI {
            (address, key) = (url, gateway.key)
            return
        }
        guard let key = request.environment["OPENAI_API_KEY"],
            let address = request.environment["OPENAI_BASE_URL"] ?? request.environment["OPENAI_API_BASE"]
        else { return nil }
        (self.address, self.key) = (address, key)
    }
}

/// The names of models. Roles name sizes, by the words of one provider.
enum ModelName {
    /// What a client of OpenAI's models is asked for. Nil: its own default.
    static func openAI(_ model: String?) -> String? {
        switch model {
        case "haiku": "gpt-6-luna"
        case "sonnet": "gpt-6.1-sol"
        case "opus": "gpt-6-astra"
        default: model
        }
    }

    /// A name only when it is no size: for clients whose sizes nobody can know.
    static func exact(_ model: String?) -> String? {
        ["haiku", "sonnet", "opus"].contains(model) ? nil : model
    }

    /// As LiteLLM wants it: with the provider before a slash.
    static func liteLLM(_ request: AgentRequest) -> String? {
        let hasRoute = OpenAIRoute(request) != nil || request.environment["OPENAI_API_KEY"] != nil
        let name = hasRoute ? openAI(request.launch.model) : request.launch.model
        guard let name, hasRoute, !name.contains("/") else { return name }
        return "openai/" + name
    }
}
