import AWSConfig
import Sealing

extension Situation {
    /// Comments behind values: part of the value to botocore, and none to Go and CRT.
    func commentFindings() -> [Finding] {
        inEachFile { file in
            file.profiles.flatMap { profile, section in
                section.properties.compactMap { property in
                    guard KnownSetting.mayHaveComment(property.name), let start = file.commentStart(in: property)
                    else { return nil }
                    return Finding(
                        .inlineComment(setting: property.name), in: file.document.file, line: property.line,
                        profile: profile, fix: file.moving(commentAt: start, of: property).map { .edits($0) })
                }
            }
        }
    }
}

extension ExaminedFile {
    /// Where a comment begins in a value: `#` or `;` after white space, or at its beginning.
    func commentStart(in property: ConfigDocument.Property) -> Int? {
        bytes.withBytes { bytes in
            property.value.first { index in
                guard bytes[index] == UInt8(ascii: "#") || bytes[index] == UInt8(ascii: ";") else { return false }
                return index == property.value.lowerBound || isBlank(bytes[index - 1])
            }
        }
    }

    /// Moves a comment to a line of its own, above.
    fileprivate func moving(commentAt start: Int, of property: ConfigDocument.Property) -> [Edit]? {
        guard KnownSetting.words.contains(property.name), !property.isIndented, !property.isContinued,
            start > property.value.lowerBound
        else { return nil }
        let isOneWord = bytes.withBytes { bytes in
            var end = start
            while isBlank(bytes[end - 1]) { end -= 1 }
            return !(property.value.lowerBound..<end).contains { isBlank(bytes[$0]) } ? end : nil
        }
        guard let end = isOneWord else { return nil }
        let line = property.own.lowerBound
        return [
            Edit(line..<line, [.copy(start..<property.value.upperBound), .plain(document.lineEnd)]),
            Edit(end..<property.value.upperBound),
        ]
    }
}

func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
