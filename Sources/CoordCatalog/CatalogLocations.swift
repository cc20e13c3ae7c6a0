import CoordSystem

/// Where a catalogue entry was found, in the order in which places are looked up.
package enum CatalogOrigin: Hashable, Sendable, CustomStringConvertible {
    /// `.coord/` of the project.
    case project
    /// A folder that the project's `config.json` names, as written there.
    case configured(String)
    /// `.claude/` of the project: what other tools of the field keep there is taken as it is.
    case ecosystem
    /// The user's configuration folder.
    case user
    /// Came with coord.
    case shipped

    /// One word for listings, the folder for a configured one.
    package var description: String {
        switch self {
        case .project: "project"
        case .configured(let folder): "configured (\(folder))"
        case .ecosystem: "project (.claude)"
        case .user: "user"
        case .shipped: "shipped"
        }
    }
}

/// The folders that hold `missions/`, `roles/` and `skills/`, first to last: what is found first wins.
package struct CatalogLocations: Sendable, Hashable {
    /// A folder and what to call it in listings.
    package struct Place: Sendable, Hashable {
        package var origin: CatalogOrigin
        /// Absolute.
        package var folder: String

        package init(origin: CatalogOrigin, folder: String) {
            self.origin = origin
            self.folder = folder
        }
    }

    package var places: [Place]

    package init(places: [Place]) { self.places = places }

    /// The order of CONTRACT 3.2: `.coord/` of the project, the folders its `config.json` names, the user's
    /// folder, what is shipped. What the project keeps in `.claude/` stands behind its own for coord.
    package init(project: String?, extra: [String] = [], userFolder: String?, shipped: String?) {
        var places: [Place] = []
        if let project {
            places.append(Place(origin: .project, folder: Files.absolute(".coord", base: project)))
            places += extra.map { Place(origin: .configured($0), folder: Files.absolute($0, base: project)) }
            places.append(Place(origin: .ecosystem, folder: Files.absolute(".claude", base: project)))
        }
        if let userFolder { places.append(Place(origin: .user, folder: userFolder)) }
        if let shipped { places.append(Place(origin: .shipped, folder: shipped)) }
        self.places = places
    }

    /// The places for a project, with the folders that its `config.json` names. A broken `config.json` gives
    /// the other places, and says what is wrong.
    package static func standard(
        project: String?, shipped: String?
    ) -> (locations: CatalogLocations, problems: [Diagnostic]) {
        var extra: [String] = []
        var problems: [Diagnostic] = []
        if let project {
            let reading = ProjectSettings.read(in: project)
            (extra, problems) = (reading.settings.catalogues, reading.problems)
        }
        let locations = CatalogLocations(
            project: project, extra: extra, userFolder: userFolder, shipped: shipped)
        return (locations, problems)
    }

    /// `$XDG_CONFIG_HOME/coord`, else `~/.config/coord`; on macOS `~/Library/Application Support/coord`. Nil
    /// when the user has no home.
    package static var userFolder: String? {
        #if os(macOS)
            return Environment.home.map { $0 + "/Library/Application Support/coord" }
        #else
            // A relative value is to be ignored (XDG Base Directory Specification).
            if let folder = Environment.value("XDG_CONFIG_HOME"), folder.hasPrefix("/") {
                return folder + "/coord"
            }
            return Environment.home.map { $0 + "/.config/coord" }
        #endif
    }
}
