/// The page on which a person opens a pull request, told from a remote's address. Pure; nothing is asked.
package struct RemoteAddress: Sendable, Equatable {
    /// Such as `github.com`.
    package var host: String
    /// Such as `ada/notes`.
    package var path: String

    /// Reads `https://host/path.git`, `ssh://git@host:22/path` and `git@host:path`. Nil for anything without
    /// a host, such as a folder.
    package init?(_ text: String) {
        var rest: Substring
        if let scheme = text.range(of: "://") {
            guard ["https", "http", "ssh", "git"].contains(text[..<scheme.lowerBound]) else { return nil }
            rest = text[scheme.upperBound...]
            guard let slash = rest.firstIndex(of: "/") else { return nil }
            var authority = rest[..<slash]
            if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
            if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
                authority = authority[..<colon]
            }
            host = String(authority)
            rest = rest[rest.index(after: slash)...]
        } else {
            // As git reads it: a colon before the first slash.
            guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else { return nil }
            var authority = text[..<colon]
            if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
            host = String(authority)
            rest = text[text.index(after: colon)...]
        }
        while rest.hasPrefix("/") { rest.removeFirst() }
        while rest.hasSuffix("/") { rest.removeLast() }
        if rest.hasSuffix(".git") { rest = rest.dropLast(4) }
        guard !host.isEmpty, !rest.isEmpty else { return nil }
        path = String(rest)
    }

    /// Where the branch is compared with the target, in the manner of GitHub unless the host's name says
    /// GitLab or Bitbucket.
    package func compare(branch: String, with target: String) -> String {
        let base = "https://\(host)/\(path)"
        let branch = Self.escaped(branch), target = Self.escaped(target)
        if host.contains("gitlab") {
            return base + "/-/merge_requests/new?merge_request[source_branch]=\(branch)"
                + "&merge_request[target_branch]=\(target)"
        }
        if host.contains("bitbucket") { return base + "/pull-requests/new?source=\(branch)&dest=\(target)" }
        return base + "/compare/\(target)...\(branch)?expand=1"
    }

    /// Slashes stay: every one of these hosts takes them.
    private static func escaped(_ name: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
        let digits = Array("0123456789ABCDEF")
        return name.utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }
}

extension StringProtocol {
    /// Where a text stands in this one first.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
