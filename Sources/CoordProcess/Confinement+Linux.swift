#if canImport(Glibc)
    import CPosix
    package import CoordSystem
    import Glibc

    extension Confinement {
        /// From now on only these paths, and what is below them, can be read or written. A path that does
        /// not exist is left out: it stays denied.
        package static func enforceLandlock(
            readable: [String], writable: [String], allowsNetwork: Bool
        ) throws(SystemError) {
            let ruleset = coord_landlock_begin(allowsNetwork ? 1 : 0)
            guard ruleset >= 0 else { throw .last("begin Landlock rules") }
            defer { Descriptors.close(ruleset) }
            for (paths, isWritable) in [(readable, Int32(0)), (writable, Int32(1))] {
                for path in paths where coord_landlock_allow(ruleset, path, isWritable) != 0 {
                    // What went meanwhile, or cannot be seen, has no use for a right.
                    guard errno == ENOENT || errno == EACCES else { throw .last("allow", path) }
                }
            }
            guard coord_landlock_enforce(ruleset) == 0 else { throw .last("enforce Landlock rules") }
        }
    }
#endif
