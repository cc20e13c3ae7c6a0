import CoordGit
package import CoordModel
package import CoordSystem

/// Finds the project a command is about (CONTRACT 3.3).
package enum ProjectPlace {
    /// The root of coord's own source tree around a folder, or nil. coord never works on its own source unless asked.
    package static func ownSourceTree(around folder: String) -> String? {
        var folder = folder
        while true {
            if Files.kind(folder + "/Sources/CoordModel/Mission.swift") == .file,
                Files.kind(folder + "/missions/web-app.json") == .file
            {
                return folder
            }
            guard let slash = folder.lastIndex(of: "/"), folder != "/" else { return nil }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
    }

    /// Where `run` works: `--project`, else the own tree's scratch project, else the current folder's repository.
    package static func forRun(
        _ option: String?, mission: MissionID, workingFolder: String
    ) -> (path: String, isScratch: Bool) {
        if let option { return (Files.absolute(option, base: workingFolder), false) }
        if let tree = ownSourceTree(around: workingFolder) {
            return (tree + "/worktrees/\(mission)-project", true)
        }
        return (workingFolder, false)
    }

    /// Where what ships with coord lies: beside the program, in an installation, or in the source tree it was built in.
    package static func shipped() -> String {
        if let home = Environment.value("COORD_HOME"), Files.kind(home + "/missions") == .folder { return home }
        var folder = Executables.own()
        while let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
            folder = String(folder[..<slash])
            for candidate in [folder, folder + "/share/coord"]
            where Files.kind(candidate + "/missions/mission.schema.json") == .file {
                return candidate
            }
        }
        return "/usr/local/share/coord"
    }
}
