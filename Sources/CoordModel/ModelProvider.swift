/// A provider of models that every coord knows: where it is, and how it is shown a key.
package struct ModelProvider: Hashable, Sendable {
    /// How a key is shown.
    package enum KeyStyle: String, Sendable, CaseIterable {
        case anthropic = "x-api-key"
        case gemini = "x-goog-api-key"
        case bearer
    }

    package var name: String
    /// As in `https://api.anthropic.com`: without a slash at the end.
    package var base: String
    package var keyStyle: KeyStyle
    /// Environment variables that may hold the key; the first that is set counts.
    package var keyNames: [String]
    /// Environment variables that may name another address, as its clients know them; the first that is set
    /// counts.
    package var baseNames: [String]

    package init(
        name: String, base: String, keyStyle: KeyStyle, keyNames: [String], baseNames: [String] = []
    ) {
        self.name = name
        self.base = base
        self.keyStyle = keyStyle
        self.keyNames = keyNames
        self.baseNames = baseNames
    }

    /// Where it is by an environment: whoever sends clients to a server of their own means the gateway, too.
    /// The version of the interface, which some clients want at the end, is no part of it.
    package func base(by environment: (String) -> String?) -> String {
        var found = baseNames.lazy.compactMap(environment).first { !$0.isEmpty } ?? base
        while found.hasSuffix("/") { found.removeLast() }
        return found.hasSuffix("/v1") ? String(found.dropLast(3)) : found
    }

    package static let known = [
        ModelProvider(
            name: "anthropic", base: "https://api.anthropic.com", keyStyle: .anthropic,
            keyNames: ["ANTHROPIC_API_KEY"], baseNames: ["ANTHROPIC_BASE_URL"]),
        ModelProvider(
            name: "openai", base: "https://api.openai.com", keyStyle: .bearer, keyNames: ["OPENAI_API_KEY"],
            baseNames: ["OPENAI_BASE_URL", "OPENAI_API_BASE"]),
        ModelProvider(
            name: "gemini", base: "https://generativelanguage.googleapis.com", keyStyle: .gemini,
            keyNames: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
            baseNames: ["GOOGLE_GEMINI_BASE_URL", "GEMINI_API_BASE"]),
        ModelProvider(
            name: "mistral", base: "https://api.mistral.ai", keyStyle: .bearer, keyNames: ["MISTRAL_API_KEY"]),
        ModelProvider(
            name: "openrouter", base: "https://openrouter.ai/api", keyStyle: .bearer,
            keyNames: ["OPENROUTER_API_KEY"]),
        ModelProvider(
            name: "deepseek", base: "https://api.deepseek.com", keyStyle: .bearer,
            keyNames: ["DEEPSEEK_API_KEY"]),
        ModelProvider(
            name: "moonshot", base: "https://api.moonshot.ai", keyStyle: .bearer,
            keyNames: ["MOONSHOT_API_KEY"]),
    ]
}
