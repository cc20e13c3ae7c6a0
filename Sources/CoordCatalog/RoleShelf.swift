package import CoordModel
import CoordSystem

/// All roles of a catalogue as they were when it was read.
package struct RoleShelf: Sendable {
    /// What is wrong or doubtful in one role file; its name is taken from the file.
    package static func check(_ path: String) -> [Diagnostic] {
        let name = path.split(separator: "/").last.map { String($0.dropLast(3)) } ?? path
        return RoleReader.read(path, id: RoleID(name)).diagnostics
    }

    /// A role and where it was found.
    package struct Entry: Sendable, Hashable {
        package var role: Role
        package var origin: CatalogOrigin

        package init(role: Role, origin: CatalogOrigin) {
            self.role = role
            self.origin = origin
        }
    }

    package private(set) var entries: [RoleID: Entry] = [:]
    /// Other names of roles. A name that is a role's own is never an alias.
    package private(set) var aliases: [RoleID: RoleID] = [:]
    /// Roles whose file is broken, and how. Such a file still hides one of the same name further down the
    /// order.
    package private(set) var broken: [RoleID: Diagnostic] = [:]
    /// Everything wrong or doubtful, file by file.
    package private(set) var problems: [Diagnostic] = []
    /// The text that is added to each role: the first `_common.md` of the order, empty when there is none.
    package private(set) var common = ""

    /// Takes roles as they are given, the first of a name wins.
    package init(
        _ roles: [Role] = [], origin: CatalogOrigin = .shipped, broken: [RoleID: Diagnostic] = [:]
    ) {
        self.broken = broken
        for role in roles where entries[role.id] == nil {
            entries[role.id] = Entry(role: role, origin: origin)
        }
        collectAliases(order: roles.map(\.id))
    }

    init(locations: CatalogLocations) {
        var order: [RoleID] = []
        var hasCommon = false
        for place in locations.places {
            // Other tools call the folder by what it holds for them.
            let folder = place.folder + (place.origin == .ecosystem ? "/agents" : "/roles")
            for name in Catalog.names(in: folder) where name.hasSuffix(".md") {
                let path = folder + "/" + name
                if name == "_common.md" {
                    if !hasCommon { readCommon(path) }
                    hasCommon = true
                } else if !name.hasPrefix("_"), !name.hasPrefix("."), name != "README.md" {
                    order +=
                        read(path, name: String(name.dropLast(3)), origin: place.origin).map { [$0] } ?? []
                }
            }
        }
        collectAliases(order: order)
    }

    /// The role of that name, aliases resolved.
    package subscript(_ name: RoleID) -> Role? { id(of: name).flatMap { entries[$0]?.role } }

    /// The own name of the role that answers to `name`.
    package func id(of name: RoleID) -> RoleID? {
        if entries[name] != nil { return name }
        return broken[name] == nil ? aliases[name] : nil
    }

    /// The roles by name.
    package var sorted: [Entry] { entries.values.sorted { $0.role.id < $1.role.id } }

    /// Every name a role answers to, sorted.
    package var names: [String] { (Array(entries.keys) + Array(aliases.keys)).map(\.rawValue).sorted() }

    // MARK: Reading

    private mutating func read(_ path: String, name: String, origin: CatalogOrigin) -> RoleID? {
        let id = RoleID(name)
        guard id.isValid else {
            problems.append(Self.misnamed(path, name))
            return nil
        }
        guard entries[id] == nil, broken[id] == nil else { return nil }
        let (role, diagnostics) = RoleReader.read(path, id: id)
        problems += diagnostics
        guard let role else {
            broken[id] = diagnostics.first(where: \.isError)
            return nil
        }
        entries[id] = Entry(role: role, origin: origin)
        return id
    }

    static func misnamed(_ path: String, _ name: String) -> Diagnostic {
        Diagnostic(
            severity: .warning, file: path, message: "`\(name)` is no name of a role; the file is left out",
            hint: "Name the file with `a-z 0-9 . _ -` only, as in `code-reviewer.md`")
    }

    private mutating func readCommon(_ path: String) {
        do throws(Diagnostic) {
            common = try FrontMatter(try SourceFile.read(path, .role), file: path).body
        } catch {
            problems.append(error)
        }
    }

    /// In the order of lookup, so that the first role that claims a name gets it.
    private mutating func collectAliases(order: [RoleID]) {
        for id in order {
            guard let role = entries[id]?.role else { continue }
            for alias in role.aliases {
                let holder = entries[alias] != nil || broken[alias] != nil ? alias : aliases[alias]
                guard let holder else {
                    aliases[alias] = id
                    continue
                }
                guard holder != id else { continue }
                let message =
                    holder == alias
                    ? "The alias `\(alias)` is the name of another role"
                    : "The role `\(holder)` has the alias `\(alias)` already"
                problems.append(Diagnostic(severity: .warning, file: role.origin, message: message))
            }
        }
    }
}
