import CoordWorker

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

exit(WorkerProgram.run(CommandLine.arguments))
