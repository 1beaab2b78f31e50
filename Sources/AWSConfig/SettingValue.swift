private import Sealing

extension ConfigDocument {
    /// The value of a setting of a profile that is no secret, as SDKs find it; `nil` if it isn't set here.
    ///
    /// - Parameter bytes: the file that the document was read from.
    public func setting(_ name: String, of profile: String, in bytes: borrowing Span<UInt8>) -> String? {
        guard let property = anySection(of: profile)?.property(name) else { return nil }
        return Self.text(bytes, property.value)
    }

    /// The value of a setting of one service, which stands indented below the service's name in `[services NAME]`.
    public func setting(
        _ name: String, of service: String, inServices services: String, in bytes: borrowing Span<UInt8>
    ) -> String? {
        guard let section = sections.first(where: { $0.header.text == "services " + services }),
            let property = section.property(service)
        else { return nil }
        for line in Self.text(bytes, property.own.upperBound..<property.range.upperBound).split(
            whereSeparator: \.isNewline)
        {
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.split(whereSeparator: \.isWhitespace) }
            if parts.count == 2, parts[0] == [name[...]], let value = parts[1].first { return String(value) }
        }
        return nil
    }

    private static func text(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> String {
        String(decoding: bytes.extracting(range).array(), as: UTF8.self)
    }
}
