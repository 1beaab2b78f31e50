private import Foundation

/// A time as SigV4 writes it: `20150830T123600Z`.
func basicTimestamp(_ seconds: Int) -> String {
    Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(
        .iso8601.year().month().day().time(includingFractionalSeconds: false).timeZone(separator: .omitted)
            .dateSeparator(.omitted).timeSeparator(.omitted))
}

/// The seconds since 1970 of a time by RFC 3339: `2013-01-01T00:00:00Z`, perhaps with a fraction, which is dropped, or
/// with an offset instead of the `Z`. Its colon may be missing, as SDKs have it.
public func seconds(ofTimestamp text: String) -> Int? {
    var rest = Substring(text).utf8
    func number(_ digits: Int, in range: ClosedRange<Int>) -> Int? {
        let part = rest.prefix(digits)
        guard part.count == digits, part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        rest = rest.dropFirst(digits)
        let value = part.reduce(0) { $0 * 10 + Int($1) - 0x30 }
        return range.contains(value) ? value : nil
    }
    func take(_ characters: String) -> UInt8? {
        guard let first = rest.first, characters.utf8.contains(first) else { return nil }
        rest = rest.dropFirst()
        return first
    }
    guard let year = number(4, in: 0...9999), take("-") != nil, let month = number(2, in: 1...12), take("-") != nil,
        let day = number(2, in: 1...daysIn(month: month, of: year)), take("Tt ") != nil,
        let hour = number(2, in: 0...23), take(":") != nil, let minute = number(2, in: 0...59), take(":") != nil,
        let second = number(2, in: 0...60)
    else { return nil }
    if take(".,") != nil {
        let fraction = rest.prefix { (0x30...0x39).contains($0) }
        guard !fraction.isEmpty else { return nil }
        rest = rest.dropFirst(fraction.count)
    }
    var offset = 0
    if take("Zz") == nil {
        guard let sign = take("+-"), let hours = number(2, in: 0...23) else { return nil }
        _ = take(":")
        guard let minutes = number(2, in: 0...59) else { return nil }
        offset = (hours * 60 + minutes) * 60 * (sign == UInt8(ascii: "+") ? 1 : -1)
    }
    guard rest.isEmpty else { return nil }
    return ((days(before: year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second - offset
}

private func isLeap(_ year: Int) -> Bool { year % 4 == 0 && year % 100 != 0 || year % 400 == 0 }

private func daysIn(month: Int, of year: Int) -> Int {
    [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
}

/// The days from 1970 to the first of a month.
private func days(before year: Int, _ month: Int) -> Int {
    let past = year - 1
    // Between the first days of the years 1 and 1970 lie 719,162 days. The year 0 is a leap year before them.
    let whole = year == 0 ? -366 : past * 365 + past / 4 - past / 100 + past / 400
    return whole - 719_162 + (1..<month).reduce(0) { $0 + daysIn(month: $1, of: year) }
}
