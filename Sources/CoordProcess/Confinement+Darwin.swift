#if canImport(Darwin)
    package import CoordSystem
    import Darwin

    extension Confinement {
        /// There is no Landlock here.
        package static func enforceLandlock(
            readable: [String], writable: [String], allowsNetwork: Bool
        ) throws(SystemError) {
            throw SystemError(operation: "begin Landlock rules", path: nil, code: ENOSYS)
        }
    }
#endif
