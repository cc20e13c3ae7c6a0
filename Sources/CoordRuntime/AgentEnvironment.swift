import CoordModel
import CoordSystem

/// The environment children of coord get: a short list of variables, never all.
package enum AgentEnvironment {
    /// What an agent or a gate may inherit, besides `LC_*`.
    private static let allowed: Set<String> = [
        "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TERM", "TMPDIR", "SSL_CERT_FILE",
        "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME",
        "COORD_SLOT", "COORD_SLOTS",
    ]

    /// The variables of ours that a child may have.
    package static func inherited() -> [String: String] {
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.environmentPassedOn) { return Environment.all }
        #endif
        var result = Environment.all.filter { allowed.contains($0.key) || $0.key.hasPrefix("LC_") }
        if Environment.value("PATH") != nil { result["PATH"] = searchPath().joined(separator: ":") }
        return result
    }

    /// The folders of our search path. A relative one is left out: it would let whoever writes the working
    /// folder choose the program.
    static func searchPath() -> [String] {
        let path = Environment.value("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").filter { $0.hasPrefix("/") }.map(String.init)
    }
}
