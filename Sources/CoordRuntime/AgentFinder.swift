package import CoordAgents
import CoordModel
import CoordProcess
import CoordSystem

/// A client as it was found on this machine.
package struct FoundAgent: Hashable, Sendable {
    /// How its calls are paid for.
    package enum SignIn: Hashable, Sendable {
        /// A variable of ours holds a key.
        case key(variable: String)
        /// Somebody signed in; the file says so.
        case login(file: String)
        /// The gateway holds a key of a provider that the client calls.
        case gateway(provider: String)
        case none
    }

    package var profile: ClientProfile
    /// The program, absolute.
    package var program: String
    package var signIn: SignIn

    /// Whether the client has folders of its own for each task. One that somebody signed in to keeps to the
    /// user's: copies of a login would end each other's.
    package var hasOwnFolders: Bool {
        if case .login = signIn { return false }
        return true
    }

    package init(profile: ClientProfile, program: String, signIn: SignIn) {
        self.profile = profile
        self.program = program
        self.signIn = signIn
    }
}

/// Looks for clients on this machine. Starts none.
package struct AgentFinder: Sendable, Equatable {
    /// The providers whose keys the gateway holds, beside those in the environment.
    private let held: Set<String>

    package init(held: Set<String> = []) { self.held = held }

    /// Nil: it is not installed.
    package func find(_ profile: ClientProfile) -> FoundAgent? {
        for name in profile.programs {
            guard let program = Executables.find(name, path: Environment.value("PATH")) else { continue }
            return FoundAgent(profile: profile, program: Self.resolved(program), signIn: signIn(profile))
        }
        return nil
    }

    /// Where a program truly lies: links on the way may lead through what a sandbox hides. One that goes by
    /// the name of its link keeps it.
    private static func resolved(_ program: String) -> String {
        // What cannot be resolved is told by its start.
        guard let real = try? Files.realPath(program), Files.name(real) == Files.name(program) else {
            return program
        }
        return real
    }

    /// The first client of `auto` that is there and signed in.
    package func automatic() -> FoundAgent? {
        for name in ClientProfile.automatic {
            guard let profile = ClientProfile.named(name), let found = find(profile) else { continue }
            if found.signIn != .none { return found }
        }
        return nil
    }

    private func signIn(_ profile: ClientProfile) -> FoundAgent.SignIn {
        let isSet = { (name: String) in !(Environment.value(name) ?? "").isEmpty }
        if let variable = profile.keys.first(where: isSet) { return .key(variable: variable) }
        if let home = Environment.home {
            let file = profile.logins.lazy.map { home + "/" + $0 }.first { Files.kind($0) != nil }
            if let file { return .login(file: file) }
        }
        return profile.providers.first(where: held.contains).map { .gateway(provider: $0) } ?? .none
    }
}
