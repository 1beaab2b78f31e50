private import Sealing

extension ConfigDocument {
    /// Reads a file.
    ///
    /// - Throws: ``ConfigSyntaxError`` for what botocore and the AWS CLI refuse as a whole.
    public init(reading bytes: borrowing Span<UInt8>, as file: File) throws(ConfigSyntaxError) {
        var parser = ConfigParser(file: file)
        try parser.read(bytes)
        self.init(parser, size: bytes.count)
    }

    /// Reads a file as far as it can be understood: what botocore and the AWS CLI refuse is passed over, and kept as
    /// what is wrong with it. Sections and settings that stand twice are there twice.
    public init(
        reading bytes: borrowing Span<UInt8>, as file: File, keeping problems: inout [ConfigSyntaxError]
    ) {
        var parser = ConfigParser(file: file, isTolerant: true)
        // What it throws all the same ends the reading: from there on, nothing is text.
        do throws(ConfigSyntaxError) { try parser.read(bytes) } catch { parser.problems.append(error) }
        problems = parser.problems
        self.init(parser, size: bytes.count)
    }

    private init(_ parser: borrowing ConfigParser, size: Int) {
        var numbers: [String: [Int]] = [:]
        var botocoreNumbers: [[UInt8]: Int] = [:]
        for (number, section) in parser.sections.enumerated() {
            if let profile = section.header.profile { numbers[profile, default: []].append(number) }
            // Of two, the last one.
            if let profile = section.header.botocoreProfile { botocoreNumbers[Array(profile.utf8)] = number }
        }
        self.init(
            file: parser.file, sections: parser.sections, numbers: numbers, botocoreNumbers: botocoreNumbers,
            keyLikeComments: parser.keyLikeComments, lineEnd: parser.lineEnd ?? "\n", size: size,
            endsWithLineEnd: parser.endsWithLineEnd, endsWithBlankLine: parser.endsWithBlankLine)
    }
}

/// Goes through a file line by line.
private struct ConfigParser: ~Copyable {
    let file: ConfigDocument.File
    /// Whether it goes on past what botocore refuses.
    let isTolerant: Bool
    var problems: [ConfigSyntaxError] = []
    var sections: [ConfigDocument.Section] = []
    var keyLikeComments: [Int] = []
    var lineEnd: String?
    var endsWithLineEnd = true
    var endsWithBlankLine = false

    private var line = 0
    /// The indentation of the property that deeper lines belong to.
    private var indentation = 0
    private var firstLines: [[UInt8]: Int] = [:]
    private var firstLinesInSection: [String: Int] = [:]

    init(file: ConfigDocument.File, isTolerant: Bool = false) {
        self.file = file
        self.isTolerant = isTolerant
    }

    mutating func read(_ bytes: borrowing Span<UInt8>) throws(ConfigSyntaxError) {
        var start = 0
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            try refuse(.byteOrderMark)
            start = 3
        }
        guard (try? UTF8Span(validating: copy bytes)) != nil else { throw problem(.notText) }
        while start < bytes.count {
            line += 1
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") {
                guard bytes[end] != 0 else { throw problem(.notText) }
                end += 1
            }
            let next = min(end + 1, bytes.count)
            let isComplete = end < bytes.count
            if isComplete, end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            if isComplete, lineEnd == nil { lineEnd = next - end == 2 ? "\r\n" : "\n" }
            if (start..<end).contains(where: { bytes[$0] == UInt8(ascii: "\r") }) { try refuse(.loneCarriageReturn) }
            let text = trimmed(bytes, start..<end)
            try readLine(bytes, text: text, indent: text.lowerBound - start, whole: start..<next)
            endsWithLineEnd = isComplete
            endsWithBlankLine = text.isEmpty
            start = next
        }
    }

    private mutating func readLine(
        _ bytes: borrowing Span<UInt8>, text: Range<Int>, indent: Int, whole: Range<Int>
    ) throws(ConfigSyntaxError) {
        guard !text.isEmpty else { return }
        let first = bytes[text.lowerBound]
        if first == UInt8(ascii: "#") || first == UInt8(ascii: ";") {
            if isKeyLine(bytes, text.lowerBound + 1..<text.upperBound) { keyLikeComments.append(line) }
            // To some readers an indented comment belongs to the property above.
            if indent > 0 { continueProperty(with: whole, hidesKeyLine: false) }
        } else if indent > indentation, let property = sections.last?.properties.last {
            continueProperty(with: whole, hidesKeyLine: isKeyLine(bytes, text))
            // Below a name alone, botocore wants a list of settings.
            if property.value.isEmpty, !isNested(bytes, text) {
                if sections.last?.properties.last?.hidesValue == false { try refuse(.valueBelow(property.name)) }
                hideValue()
            }
        } else if first == UInt8(ascii: "["), let close = lastIndex(of: UInt8(ascii: "]"), in: bytes, text) {
            indentation = indent
            try beginSection(bytes, text: text, close: close, isIndented: indent > 0, whole: whole)
        } else {
            indentation = indent
            try addProperty(bytes, text: text, isIndented: indent > 0, whole: whole)
        }
    }

    private mutating func beginSection(
        _ bytes: borrowing Span<UInt8>, text: Range<Int>, close: Int, isIndented: Bool, whole: Range<Int>
    ) throws(ConfigSyntaxError) {
        let inside = string(bytes, text.lowerBound + 1..<close)
        let behind = trimmed(bytes, close + 1..<text.upperBound)
        let hasComment = behind.lowerBound > close + 1 && bytes[behind.lowerBound] == UInt8(ascii: "#")
        let isOdd = isIndented || inside.utf8.contains(UInt8(ascii: "]")) || !(behind.isEmpty || hasComment)
        if let first = firstLines[Array(inside.utf8)], inside != "DEFAULT" {
            try refuse(.duplicateSection(inside, first: first))
        } else {
            firstLines[Array(inside.utf8)] = line
        }
        firstLinesInSection = [:]
        sections.append(
            ConfigDocument.Section(
                header: SectionHeader(inside, in: file, isOdd: isOdd), line: line, start: whole.lowerBound,
                headerEnd: whole.upperBound,
                end: whole.upperBound))
    }

    private mutating func addProperty(
        _ bytes: borrowing Span<UInt8>, text: Range<Int>, isIndented: Bool, whole: Range<Int>
    ) throws(ConfigSyntaxError) {
        var delimiter = text.lowerBound
        while delimiter < text.upperBound, !isDelimiter(bytes[delimiter]) { delimiter += 1 }
        let nameRange = trimmed(bytes, text.lowerBound..<delimiter)
        guard delimiter < text.upperBound, !nameRange.isEmpty else { return try refuse(.notAProperty) }
        guard !sections.isEmpty else { return try refuse(.propertyBeforeSection) }
        let name = string(bytes, nameRange)
        if let first = firstLinesInSection[name.lowercased()] {
            try refuse(.duplicateProperty(name, first: first))
        } else {
            firstLinesInSection[name.lowercased()] = line
        }
        sections[sections.count - 1].properties.append(
            ConfigDocument.Property(
                name: name, line: line, range: whole, own: whole,
                value: trimmed(bytes, delimiter + 1..<text.upperBound),
                hasColon: bytes[delimiter] == UInt8(ascii: ":"), isIndented: isIndented))
        sections[sections.count - 1].end = whole.upperBound
    }

    private mutating func continueProperty(with whole: Range<Int>, hidesKeyLine: Bool) {
        guard let section = sections.indices.last, let last = sections[section].properties.indices.last else { return }
        let start = sections[section].properties[last].range.lowerBound
        sections[section].properties[last].range = start..<whole.upperBound
        sections[section].properties[last].isContinued = true
        if hidesKeyLine { sections[section].properties[last].hidesKeyLine = true }
        sections[section].end = whole.upperBound
    }

    private mutating func hideValue() {
        let section = sections.count - 1
        sections[section].properties[sections[section].properties.count - 1].hidesValue = true
    }

    /// Ends the reading, or notes why a stricter reader would end it.
    private mutating func refuse(_ kind: ConfigSyntaxError.Problem) throws(ConfigSyntaxError) {
        guard isTolerant else { throw problem(kind) }
        problems.append(problem(kind))
    }

    private func problem(_ problem: ConfigSyntaxError.Problem) -> ConfigSyntaxError {
        ConfigSyntaxError(problem: problem, file: file, line: max(1, line))
    }
}

/// Whether a line gives a key, to a reader who doesn't mind what stands around it.
private func isKeyLine(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
    var start = range.lowerBound
    while start < range.upperBound, isSpace(bytes[start]) || bytes[start] == UInt8(ascii: "#") { start += 1 }
    for name in ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"] {
        let name = name.utf8.span
        guard range.upperBound - start > name.count else { continue }
        let matches = name.indices.allSatisfy { bytes[start + $0] | 0x20 == name[$0] | 0x20 }
        guard matches else { continue }
        let rest = trimmed(bytes, start + name.count..<range.upperBound)
        if rest.count > 1, isDelimiter(bytes[rest.lowerBound]) { return true }
    }
    return false
}

/// Whether a line below a name without a value is a setting, as botocore's `_parse_nested` has it: `=` has to be in
/// each part that is a line of its own to Python's `splitlines`.
private func isNested(_ bytes: borrowing Span<UInt8>, _ text: Range<Int>) -> Bool {
    var start = text.lowerBound
    while start < text.upperBound {
        var end = start
        while end < text.upperBound, !isLineBreakToPython(bytes[end]) { end += 1 }
        let part = trimmed(bytes, start..<end)
        if !part.isEmpty, !part.contains(where: { bytes[$0] == UInt8(ascii: "=") }) { return false }
        start = end + 1
    }
    return true
}

/// Vertical tab, form feed and the separators of ASCII.
private func isLineBreakToPython(_ byte: UInt8) -> Bool { [0x0B, 0x0C, 0x1C, 0x1D, 0x1E].contains(byte) }

private func isDelimiter(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") }

/// White space within a line.
func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

private func trimmed(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, isSpace(bytes[start]) { start += 1 }
    while end > start, isSpace(bytes[end - 1]) { end -= 1 }
    return start..<end
}

private func lastIndex(of byte: UInt8, in bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Int? {
    range.reversed().first { bytes[$0] == byte }
}

/// Text that is no secret: the name of a section or a property.
private func string(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> String {
    String(decoding: bytes.extracting(range).array(), as: UTF8.self)
}
