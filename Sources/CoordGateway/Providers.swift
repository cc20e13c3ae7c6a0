package import CoordHTTP
import CoordJSON
package import CoordModel
import CoordSystem

/// The key of an account, and how a provider wants to be shown it.
package struct ProviderKey: Sendable, Equatable {
    package var header: HTTPHeader

    package init(header: HTTPHeader) { self.header = header }
}

/// Where the requests for a provider go, and with which key.
package struct Provider: Sendable, Equatable {
    package var name: String
    /// As in `https://api.anthropic.com`: without a slash at the end.
    package var base: String
    package var style: ModelProvider.KeyStyle
    /// Environment variables that may hold the key; the first that is set counts.
    package var keyNames: [String]
    /// A file that holds it, readable by its owner alone.
    package var keyFile: String?

    package init(
        name: String, base: String, style: ModelProvider.KeyStyle, keyNames: [String], keyFile: String? = nil
    ) {
        self.name = name
        self.base = base
        self.style = style
        self.keyNames = keyNames
        self.keyFile = keyFile
    }

    /// Those that every coord knows, at the addresses that the environment names.
    package static let known = ModelProvider.known.map {
        Provider(
            name: $0.name, base: $0.base(by: Environment.value), style: $0.keyStyle, keyNames: $0.keyNames)
    }

    /// The key as it is now: a file may have been mended meanwhile. Nil: there is none, or its file is open
    /// to others.
    package func key() -> ProviderKey? {
        guard let text = keyText() else { return nil }
        switch style {
        case .anthropic, .gemini: return ProviderKey(header: HTTPHeader(style.rawValue, text))
        case .bearer: return ProviderKey(header: HTTPHeader("authorization", "Bearer \(text)"))
        }
    }

    /// Whether somebody named where its key is; false: it is called without.
    package var wantsKey: Bool { keyFile != nil || !keyNames.isEmpty }

    private func keyText() -> String? {
        if let keyFile {
            // Who else can read it could use it: such a file counts as none.
            guard let permissions = Files.permissions(keyFile), permissions & 0o077 == 0,
                let text = try? Files.readText(keyFile, limitBytes: 16 << 10)
            else { return nil }
            let key = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
            return key.isEmpty ? nil : key
        }
        return keyNames.lazy.compactMap { Environment.value($0) }.first { !$0.isEmpty }
    }
}

/// The user's own word on providers: `gateway.json` in the configuration folder. A project has no say:
/// whoever writes its files could send the keys elsewhere.
package struct GatewayConfiguration: Sendable, Equatable {
    package var providers: [Provider]
    /// Names, in lower case, of request headers that pass beside those that are known.
    package var headers: [String] = []

    /// Why a configuration is not taken.
    package enum Problem: Error, Sendable, Equatable, CustomStringConvertible {
        case unreadable(path: String, reason: String)

        package var description: String {
            switch self {
            case .unreadable(let path, let reason): "\(path): \(reason)"
            }
        }
    }

    package init(providers: [Provider] = Provider.known) { self.providers = providers }

    /// Reads the file; one that is not there says nothing.
    package static func read(_ path: String) throws(Problem) -> GatewayConfiguration {
        guard Files.kind(path) == .file else { return GatewayConfiguration() }
        guard let permissions = Files.permissions(path), permissions & 0o022 == 0 else {
            throw .unreadable(path: path, reason: "others may write it; run `chmod go-w` on it")
        }
        let value: JSONValue
        do { value = try JSONParser.parse(try Files.read(path, limitBytes: 1 << 20)) } catch {
            throw .unreadable(path: path, reason: "\(error)")
        }
        return try GatewayConfiguration(value, path: path)
    }

    init(_ value: JSONValue, path: String) throws(Problem) {
        self.init()
        func wrong(_ reason: String) -> Problem { .unreadable(path: path, reason: reason) }
        guard let object = value.objectValue else { throw wrong("it is not an object") }
        for (name, value) in object.members {
            switch name {
            case "$schema": break
            case "providers":
                guard let members = value.objectValue else { throw wrong("`providers` is not an object") }
                for (name, value) in members.members {
                    try add(name, value, folder: Files.parent(path), path: path)
                }
            case "headers":
                guard let names = value.arrayValue, names.count <= 64 else {
                    throw wrong("`headers` is not a list of 64 names at most")
                }
                headers = try names.map { (name) throws(Problem) in
                    guard let text = name.stringValue, Self.isHeaderName(text) else {
                        throw wrong("`\(name.stringValue ?? name.text)` is no name of a header")
                    }
                    return text.lowercased()
                }
            default: throw wrong("`\(name)` is not known here")
            }
        }
    }

    /// RFC 9110, 5.6.2, up to a length that is of use.
    private static func isHeaderName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    private mutating func add(
        _ name: String, _ value: JSONValue, folder: String, path: String
    ) throws(Problem) {
        func wrong(_ reason: String) -> Problem { .unreadable(path: path, reason: "`\(name)`: \(reason)") }
        guard !name.isEmpty,
            name.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
        else { throw wrong("a provider's name is of lower-case letters, digits and dashes") }
        guard let object = value.objectValue else { throw wrong("it is not an object") }
        var provider =
            providers.first { $0.name == name }
            ?? Provider(name: name, base: "", style: .bearer, keyNames: [])
        for (member, value) in object.members {
            guard let text = value.stringValue else { throw wrong("`\(member)` is not a string") }
            switch member {
            case "base":
                guard text.hasPrefix("https://") || text.hasPrefix("http://") else {
                    throw wrong("`base` is not an address")
                }
                provider.base = text.hasSuffix("/") ? String(text.dropLast()) : text
            case "keyEnvironment": provider.keyNames = [text]
            case "keyFile": provider.keyFile = Files.absolute(text, base: folder)
            case "keyStyle":
                guard let style = ModelProvider.KeyStyle(rawValue: text) else {
                    throw wrong("`keyStyle` is x-api-key, x-goog-api-key or bearer")
                }
                provider.style = style
            default: throw wrong("`\(member)` is not known here")
            }
        }
        guard !provider.base.isEmpty else { throw wrong("it has no `base`") }
        providers.removeAll { $0.name == name }
        providers.append(provider)
    }
}
