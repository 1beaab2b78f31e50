import AWSConfig
import Diagnosis
import Testing

@Suite("Fixes that go together")
struct MendingTests {
    private func finding(_ problem: Problem, _ edits: [Edit]) -> Finding {
        Finding(problem, in: .config, line: 1, fix: .edits(edits))
    }

    @Test("of two fixes that change or move the same bytes, the first goes first")
    func overlaps() {
        let first = finding(.syntax(.byteOrderMark), [Edit(10..<20)])
        for other in [
            Edit(15..<25), Edit(10..<10, [.plain("x")]), Edit(12..<14), Edit(30..<30, [.copy(5..<11)]), Edit(5..<30),
        ] {
            let mending = Mending([first, finding(.unprefixedSection, [other])], rules: [])
            #expect(mending.findings.map(\.problem) == [.syntax(.byteOrderMark)], "\(other)")
            #expect(mending.config == [Edit(10..<20)])
        }
        let apart = Mending([first, finding(.unprefixedSection, [Edit(20..<22)])], rules: [])
        #expect(apart.findings.count == 2 && apart.edits(of: .config).count == 2 && apart.credentials.isEmpty)
    }

    @Test("one fix for several findings is made once")
    func shared() {
        let findings = (2...3).map { finding(.syntax(.duplicateSection("a", first: $0)), [Edit(1..<2), Edit(4..<9)]) }
        let mending = Mending(findings, rules: [])
        #expect(mending.findings.count == 2 && mending.config.count == 2)
    }

    @Test("rules choose, and what has no fix is left out")
    func rules() {
        let findings = [
            finding(.unprefixedSection, [Edit(0..<1)]), Finding(.defaultKey),
            Finding(
                .openMode(path: "/a", mode: 0o666, isFolder: false, isWritable: true),
                fix: .mode(path: "/a", mode: 0o600)),
        ]
        #expect(Mending(findings, rules: []).findings.count == 2)
        let chosen = Mending(findings, rules: [.fileMode])
        #expect(chosen.config.isEmpty && chosen.modes == ["/a": 0o600])
    }
}
