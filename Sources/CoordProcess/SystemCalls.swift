// The calls whose names our own types shadow, and the one unit they all take.

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Duration {
    /// Whole nanoseconds; durations beyond seventy years are cut there, so that a deadline never overflows.
    package var wholeNanoseconds: Int64 {
        let parts = components
        let (seconds, overflowed) = parts.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflowed { return parts.seconds < 0 ? .min / 4 : .max / 4 }
        let sum = seconds.addingReportingOverflow(parts.attoseconds / 1_000_000_000)
        return sum.overflow ? .max / 4 : min(sum.partialValue, .max / 4)
    }
}

/// `poll(2)`; an interruption counts as nothing ready.
func pollCall(_ entries: inout [pollfd], _ timeoutMilliseconds: Int32) -> Int32 {
    let count = nfds_t(entries.count)
    #if canImport(Glibc)
        return Glibc.poll(&entries, count, timeoutMilliseconds)
    #else
        return Darwin.poll(&entries, count, timeoutMilliseconds)
    #endif
}

/// `read(2)`.
func readCall(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
    #if canImport(Glibc)
        return Glibc.read(descriptor, &buffer, buffer.count)
    #else
        return Darwin.read(descriptor, &buffer, buffer.count)
    #endif
}

/// `write(2)`.
func writeCall(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
        return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #else
        return Darwin.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
}
