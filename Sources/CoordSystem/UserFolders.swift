/// Folders of coord's in the user's home, one for all projects.
package enum UserFolders {
    /// What coord remembers across projects: `$XDG_STATE_HOME/coord`, else `~/.local/state/coord`; on macOS
    /// `~/Library/Application Support/coord`. Nil: no home.
    package static func state(_ environment: [String: String] = Environment.all) -> String? {
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        #if os(macOS)
            return home.map { $0 + "/Library/Application Support/coord" }
        #else
            if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/coord" }
            return home.map { $0 + "/.local/state/coord" }
        #endif
    }
}
