/// Why a coding agent did not do its work, told apart by what is to be done about it.
package struct AgentFailure: Hashable, Sendable, CustomStringConvertible {
    /// The raw value is the word in facts and on the wire.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The provider asked for a pause.
        case rateLimit = "rate-limit"
        /// The provider has no room, or an error of its own.
        case overload
        /// The provider could not be reached.
        case unreachable
        /// No credential, or one that is refused: somebody must sign in.
        case authentication
        /// The account has no credit or quota left: a person must decide.
        case billing
        /// The conversation does not fit the model any more.
        case context
        /// The client's own limit of turns, time or money was reached.
        case limit
        /// There is no such model, or not for this account.
        case model
        /// The session to go on with is not there.
        case session
        /// The client was not started right: a flag it does not know, a setting it refuses.
        case setup
        /// It was interrupted before it was done.
        case interrupted
        /// Anything else.
        case other
    }

    package var kind: Kind
    /// What the client said, as one sentence without a full stop.
    package var reason: String
    /// How long the provider asked to wait, when it said so.
    package var retryAfter: Duration?

    package init(_ kind: Kind, _ reason: String, retryAfter: Duration? = nil) {
        self.kind = kind
        self.reason = reason
        self.retryAfter = retryAfter
    }

    /// Whether nothing changes until somebody signs in or pays.
    package var needsPerson: Bool { kind == .authentication || kind == .billing }

    package var description: String {
        let words =
            switch kind {
            case .rateLimit: "rate limit"
            case .overload: "the provider is overloaded"
            case .unreachable: "the provider cannot be reached"
            case .authentication: "not signed in"
            case .billing: "no credit or quota left"
            case .context: "the model's context is full"
            case .limit: "the agent's own limit is reached"
            case .model: "no such model"
            case .session: "the session to go on with is not there"
            case .setup: "the agent was not started right"
            case .interrupted: "interrupted"
            case .other: "the agent failed"
            }
        return reason.isEmpty ? words : "\(words): \(reason)"
    }
}
