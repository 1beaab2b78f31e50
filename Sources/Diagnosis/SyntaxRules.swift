import AWSConfig
import Sealing

extension Situation {
    /// What makes a file unreadable for botocore and the AWS CLI, and so for every profile in it.
    func syntaxFindings() -> [Finding] {
        inEachFile { file in
            let merges = file.merges()
            return file.problems.map { error in
                var finding = Finding(.syntax(error.problem), in: error.file, line: error.line)
                switch error.problem {
                case .byteOrderMark: finding.fix = .edits([Edit(0..<3)])
                case .duplicateSection(let header, _): finding.fix = merges[header].map { .edits($0) }
                case .duplicateProperty:
                    let section = file.document.sections.last { $0.line <= error.line }
                    finding.fix = section.flatMap { merges[$0.header.text] }.map { .edits($0) }
                    finding.profile = section?.header.profile
                default: break
                }
                return finding
            }
        }
    }
}

extension ExaminedFile {
    /// For each header that stands twice, or that has a setting twice: what makes one section of it, in which every
    /// setting stands once.
    ///
    /// Where SDKs could see something else afterwards, or a value would go that stands nowhere else, there is none.
    func merges() -> [String: [Edit]] {
        let isBroken = problems.contains { problem in
            switch problem.problem {
            case .duplicateSection, .duplicateProperty: true
            default: false
            }
        }
        guard isBroken else { return [:] }
        return Dictionary(grouping: document.sections, by: \.header.text).compactMapValues { merge($0) }
    }

    private func merge(_ sections: [ConfigDocument.Section]) -> [Edit]? {
        let properties = sections.flatMap(\.properties)
        let byName = Dictionary(grouping: properties) { $0.name.lowercased() }
        let doubles = byName.values.filter { $0.count > 1 }
        guard sections.count > 1 || !doubles.isEmpty, sections.allSatisfy({ canMerge($0) }),
            sections.dropFirst().allSatisfy({ headerHasOnlyName($0) }),
            doubles.allSatisfy({ $0.allSatisfy(\.isPlain) && haveOneValue($0) })
        else { return nil }
        var going: Set<Int> = []
        for double in doubles { going.formUnion(double.dropLast().map(\.own.lowerBound)) }
        let target = sections[0]
        var gone = target.properties.filter { going.contains($0.own.lowerBound) }.map { Edit($0.own) }
        var moved: [Edit.Text] = []
        for section in sections.dropFirst() {
            // Comments between the settings come along; what follows the last one stays.
            var from = section.headerEnd
            for property in section.properties where going.contains(property.own.lowerBound) {
                if from < property.own.lowerBound { moved.append(.copy(from..<property.own.lowerBound)) }
                from = property.own.upperBound
            }
            if from < section.end { moved.append(.copy(from..<section.end)) }
            if section.end == document.size, !document.endsWithLineEnd, from < section.end {
                moved.append(.plain(document.lineEnd))
            }
            gone.append(Edit(section.start..<section.end))
        }
        // What is added comes first: the next section may begin, and go, at the same place.
        return (moved.isEmpty ? [] : [Edit(target.end..<target.end, moved)]) + gone
    }

    /// Whether all of some settings have the same value, to the byte: which of two counts, a person has to decide.
    private func haveOneValue(_ properties: [ConfigDocument.Property]) -> Bool {
        bytes.withBytes { bytes in
            properties.allSatisfy { property in
                let (value, first) = (property.value, properties[0].value)
                return value.count == first.count && zip(value, first).allSatisfy { bytes[$0] == bytes[$1] }
            }
        }
    }

    /// Whether all SDKs that read the section find it by its header, and every value by its setting.
    private func canMerge(_ section: ConfigDocument.Section) -> Bool {
        !section.header.isUnusual && section.header.profile != nil
            && section.properties.allSatisfy { property in
                !property.isIndented && commentStart(in: property) == nil
            }
    }
}

extension ConfigDocument.Property {
    /// Whether its name and its value are the same to every SDK, so that the last of two is.
    fileprivate var isPlain: Bool {
        name == name.lowercased() && !hasColon && !isContinued && !value.isEmpty
    }
}
