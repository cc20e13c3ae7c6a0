/// A point in time: milliseconds since 1970-01-01T00:00:00Z. The only time type of coord.
///
/// The shell makes it from the wall clock once and advances it by the monotonic clock, so within one process
/// it never runs backwards; across processes it is comparable because it is anchored to the wall clock.
package struct Timestamp: Hashable, Comparable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package static func + (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(milliseconds: left.milliseconds + right.wholeMilliseconds)
    }

    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }
}

extension Duration {
    /// The duration in whole milliseconds, rounded towards zero.
    package var wholeMilliseconds: Int64 {
        let parts = components
        return parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000
    }

    /// The duration in seconds, for display.
    package var inSeconds: Double { Double(wholeMilliseconds) / 1000 }
}

// MARK: - Text

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds, as in `2026-11-20T18:44:24.512Z`.
    package var description: String {
        let (days, inDay) = milliseconds.flooredDivision(by: 86_400_000)
        let date = Self.civil(fromDays: days)
        let seconds = inDay / 1000
        guard (0...9999).contains(date.year) else {
            return Self.padded(date.year, 4) + "-" + Self.padded(date.month, 2) + "-"
                + Self.padded(date.day, 2)
                + "T" + Self.padded(seconds / 3600, 2) + ":" + Self.padded(seconds / 60 % 60, 2) + ":"
                + Self.padded(seconds % 60, 2) + "." + Self.padded(inDay % 1000, 3) + "Z"
        }
        // Written in place: listings and streams have tens of thousands of times.
        return String(unsafeUninitializedCapacity: 24) { buffer in
            var position = 0
            func put(_ number: Int64, _ digits: Int, _ mark: UInt8) {
                var rest = number
                for index in stride(from: position + digits - 1, through: position, by: -1) {
                    buffer.initializeElement(at: index, to: 0x30 + UInt8(rest % 10))
                    rest /= 10
                }
                buffer.initializeElement(at: position + digits, to: mark)
                position += digits + 1
            }
            put(date.year, 4, 0x2D)
            put(date.month, 2, 0x2D)
            put(date.day, 2, 0x54)
            put(seconds / 3600, 2, 0x3A)
            put(seconds / 60 % 60, 2, 0x3A)
            put(seconds % 60, 2, 0x2E)
            put(inDay % 1000, 3, 0x5A)
            return position
        }
    }

    /// `HH:MM:SS` in UTC, for terse listings.
    package var clock: String { String(description.dropFirst(11).prefix(8)) }

    /// Reads what `description` writes for the years 0 to 9999. Nil for anything else, such as the 31st of
    /// April.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let shape = Array("0000-00-00T00:00:00.000Z".utf8)
        guard bytes.count == shape.count else { return nil }
        for (byte, wanted) in zip(bytes, shape) {
            guard wanted == 0x30 ? (0x30...0x39).contains(byte) : byte == wanted else { return nil }
        }
        func number(_ range: Range<Int>) -> Int64 {
            range.reduce(0) { $0 * 10 + Int64(bytes[$1] - 0x30) }
        }
        let days = Self.days(fromCivil: number(0..<4), number(5..<7), number(8..<10))
        let hour = number(11..<13), minute = number(14..<16), second = number(17..<19)
        guard (1...12).contains(number(5..<7)), hour < 24, minute < 60, second < 60,
            Self.civil(fromDays: days) == (number(0..<4), number(5..<7), number(8..<10))
        else { return nil }
        milliseconds = days * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000 + number(20..<23)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// Days since 1970 to a proleptic Gregorian date. Howard Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms".
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.flooredDivision(by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func days(fromCivil year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = shiftedYear.flooredDivision(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
