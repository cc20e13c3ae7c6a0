import CoordGateway

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

exit(GatewayProgram.run(CommandLine.arguments))
