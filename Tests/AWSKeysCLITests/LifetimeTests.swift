import Testing

@testable import AWSKeysCLI

@Suite("Spans of time as people type them")
struct LifetimeTests {
    @Test(
        "a number and a unit are read",
        arguments: [
            ("1s", 1), ("90s", 90), ("30m", 1800), ("8h", 28800), ("2d", 172_800), ("365d", 31_536_000),
            ("31536000s", 31_536_000), ("007m", 420),
        ] as [(String, UInt32)])
    func reads(text: String, seconds: UInt32) { #expect(Lifetime(argument: text)?.seconds == seconds) }

    @Test(
        "anything else is none",
        arguments: [
            "", "30", "m", "0m", "-1h", "1.5h", "1 h", "h1", "1w", "1H", "366d", "31536001s", "99999999999d", "٣m",
            "1h30m",
        ])
    func refuses(text: String) { #expect(Lifetime(argument: text) == nil) }

    @Test(
        "it is said in the largest unit that fits",
        arguments: [(900, "15 m"), (28800, "8 h"), (172_800, "2 d"), (90, "90 s"), (5400, "90 m")] as [(UInt32, String)]
    )
    func words(seconds: UInt32, expected: String) { #expect(Lifetime(seconds: seconds).words == expected) }
}
