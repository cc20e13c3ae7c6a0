/// One call of a model through the gateway, named by it: never twice within a run.
package struct CallID: StringIdentifier {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// A call of a model that an agent wants to make: what the gateway knows before it is sent.
package struct ModelCall: Hashable, Sendable {
    package var id: CallID
    package var worker: WorkerID
    package var provider: ProviderAccount
    /// As the request names it.
    package var model: String
    /// How long the request is: no text has more tokens than bytes.
    package var requestBytes: Int
    /// The longest answer that the request allows, in tokens. Nil: it does not say.
    package var outputTokensMax: Int64?
    /// A call that is not billed, such as counting tokens.
    package var isFree: Bool
    /// A call of coord's own beside the agent's work: it is charged like any other, but says nothing of how
    /// the agent calls models, and no budget ends because it does not fit.
    package var isAside: Bool

    package init(
        id: CallID, worker: WorkerID, provider: ProviderAccount, model: String, requestBytes: Int,
        outputTokensMax: Int64? = nil, isFree: Bool = false, isAside: Bool = false
    ) {
        self.id = id
        self.worker = worker
        self.provider = provider
        self.model = model
        self.requestBytes = requestBytes
        self.outputTokensMax = outputTokensMax
        self.isFree = isFree
        self.isAside = isAside
    }
}

/// Whose limits a call counts against: a provider of models and an account there.
package struct ProviderAccount: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// As in `anthropic`.
    package var provider: String
    /// Tells accounts apart and says nothing of the key; empty: the one whose key coord holds.
    package var account: String

    package init(provider: String, account: String = "") {
        self.provider = provider
        self.account = account
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.provider, left.account) < (right.provider, right.account)
    }
    package var description: String { account.isEmpty ? provider : "\(provider) (login \(account))" }
}

/// What a provider said of its limits with an answer. Nil: nothing.
package struct RateHints: Hashable, Sendable {
    package var requestsPerMinute: Int64?
    package var requestsLeft: Int64?
    package var inputTokensPerMinute: Int64?
    package var inputTokensLeft: Int64?
    package var outputTokensPerMinute: Int64?
    package var outputTokensLeft: Int64?

    package init(
        requestsPerMinute: Int64? = nil, requestsLeft: Int64? = nil, inputTokensPerMinute: Int64? = nil,
        inputTokensLeft: Int64? = nil, outputTokensPerMinute: Int64? = nil, outputTokensLeft: Int64? = nil
    ) {
        self.requestsPerMinute = requestsPerMinute
        self.requestsLeft = requestsLeft
        self.inputTokensPerMinute = inputTokensPerMinute
        self.inputTokensLeft = inputTokensLeft
        self.outputTokensPerMinute = outputTokensPerMinute
        self.outputTokensLeft = outputTokensLeft
    }

    package var isEmpty: Bool { self == RateHints() }
}

/// How one try of a call ended.
package enum CallOutcome: Hashable, Sendable {
    /// The answer was passed on. Without usage the provider told none; `isCut`: the answer broke off.
    case answered(Usage?, isCut: Bool)
    /// The provider refused the request itself; that was passed on and cost nothing.
    case refused(status: Int)
    /// The client went away before the answer had begun.
    case abandoned
    /// Nothing of this was passed on; the request waits at the gateway to be sent again.
    case turnedAway(TurnAway, retryAfter: Duration?)

    /// Why a request was not taken.
    package enum TurnAway: String, Sendable, CaseIterable {
        /// 429: too many requests or tokens.
        case limited
        /// 529, 503: the provider has too much to do.
        case overloaded
        /// Another status of 500 and above.
        case broken
        /// There was no answer at all: no name, no connection, no trust, silence.
        case unreachable
        /// The key is not, or no longer, good.
        case unauthorized
        /// The account may spend no more.
        case spent
    }
}
