import CoordModel
import Testing

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "milliseconds since 1970 and RFC 3339 are the same thing",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_795_200_264_512, "2026-11-20T18:44:24.512Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func text(_ milliseconds: Int64, _ text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text) == Timestamp(milliseconds: milliseconds))
    }

    @Test(
        "what is not such a time is not read",
        arguments: [
            "", "2026-11-20", "2026-11-20T18:44:24Z", "2026-11-20T18:44:24.512+01:00",
            "2026-11-20t18:44:24.512z",
            "2026/11/20T18:44:24.512Z", "2026-11-20T18-44-24.512Z", "2026-13-01T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z", "2026-04-31T00:00:00.000Z", "2026-02-29T00:00:00.000Z",
            "2100-02-29T00:00:00.000Z", "2026-01-00T00:00:00.000Z", "2026-01-01T24:00:00.000Z",
            "2026-01-01T00:60:00.000Z", "2026-01-01T00:00:60.000Z", "+026-01-01T00:00:00.000Z",
            "2026-01-+1T00:00:00.000Z", "2026-01-01T00:00:00.-01Z", "２026-01-01T00:00:00.00Z",
        ])
    func refused(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("every day of a hundred years survives writing and reading")
    func everyDay() {
        var previous = ""
        for day in Int64(10_592)..<47_848 {
            let time = Timestamp(milliseconds: day * 86_400_000 + 45_296_789)
            let text = time.description
            guard Timestamp(text) == time, text > previous, text.hasSuffix("T12:34:56.789Z") else {
                Issue.record("day \(day) became \(text)")
                return
            }
            previous = text
        }
    }

    @Test("times and durations add up")
    func arithmetic() {
        let start = Timestamp(milliseconds: 1000)
        #expect(start + .seconds(2) == Timestamp(milliseconds: 3000))
        #expect(start + .milliseconds(-1500) == Timestamp(milliseconds: -500))
        #expect(start - Timestamp(milliseconds: 250) == .milliseconds(750))
        #expect(start < start + .milliseconds(1))
        #expect(Duration.microseconds(1999).wholeMilliseconds == 1)
        #expect(Duration.microseconds(-1999).wholeMilliseconds == -1)
        #expect(Duration.milliseconds(1500).inSeconds == 1.5)
        #expect(Timestamp(milliseconds: 45_296_789).clock == "12:34:56")
    }
}
