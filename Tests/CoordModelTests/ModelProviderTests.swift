import CoordModel
import Testing

@Suite("Providers of models")
struct ModelProviderTests {
    @Test(
        "where the environment sends clients the gateway goes, too, whatever stands at the address's end",
        arguments: [
            ("anthropic", [:], "https://api.anthropic.com"),
            ("anthropic", ["ANTHROPIC_BASE_URL": ""], "https://api.anthropic.com"),
            ("anthropic", ["ANTHROPIC_BASE_URL": "http://127.0.0.1:4000/"], "http://127.0.0.1:4000"),
            ("anthropic", ["OPENAI_BASE_URL": "http://127.0.0.1:4000"], "https://api.anthropic.com"),
            ("openai", ["OPENAI_API_BASE": "http://models.local/proxy/v1/"], "http://models.local/proxy"),
            (
                "openai", ["OPENAI_API_BASE": "http://two", "OPENAI_BASE_URL": "http://one/v1"],
                "http://one"
            ),
            ("gemini", ["GOOGLE_GEMINI_BASE_URL": "http://one/v1beta"], "http://one/v1beta"),
            ("mistral", ["OPENAI_BASE_URL": "http://one/v1"], "https://api.mistral.ai"),
        ] as [(String, [String: String], String)])
    func base(provider: String, environment: [String: String], expected: String) throws {
        let provider = try #require(ModelProvider.known.first { $0.name == provider })
        #expect(provider.base { environment[$0] } == expected)
    }
}
