private import Foundation

/// A time as SigV4 writes it: `20150830T123600Z`.
func basicTimestamp(_ seconds: Int) -> String {
    Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(
        .iso8601.year().month().day().time(includingFractionalSeconds: false).timeZone(separator: .omitted)
            .dateSeparator(.omitted).timeSeparator(.omitted))
}

/// The seconds since 1970 of a time as IAM and STS write it: `2013-01-01T00:00:00Z`, perhaps with a fraction.
func seconds(ofTimestamp text: String) -> Int? {
    let whole = text.split(separator: ".").count == 2 ? String(text.prefix { $0 != "." }) + "Z" : text
    return (try? Date(whole, strategy: .iso8601)).map { Int($0.timeIntervalSince1970) }
}
