import AWSConfig
import DurableFiles
import Foundation
import Importing
import Keyring
import SealedStore
import Sharing
import Testing
import Unlocking

@testable import AWSKeysCLI

@Suite("The words of errors")
struct WordingTests {
    private static let storeErrors: [(StoreError, Failure.Code)] = [
        (.missing, .notFound), (.file(FileError("read", "/x", number: EIO)), .inputOutput), (.foreignOwner, .locked),
        (.exposed(mode: 0o644), .locked), (.notAStore, .damaged), (.newer(major: 2, minor: 1), .damaged),
        (.damaged(.header), .damaged), (.damaged(.slots), .damaged), (.damaged(.index), .damaged),
        (.damaged(.record), .damaged), (.wrongKey, .damaged), (.rolledBack(found: 3, seen: 4), .rolledBack),
        (.busy, .busy), (.full, .cantCreate),
    ]

    private static let keyringErrors: [(KeyringError, Failure.Code)] = [
        (.noService, .unavailable), (.timedOut, .unavailable), (.failed("it says so"), .unavailable),
        (.malformed, .unavailable), (.absent, .unavailable), (.locked, .locked), (.dismissed, .locked),
    ]

    private static let bundleErrors: [(BundleError, Failure.Code)] = [
        (.notABundle, .damaged), (.newer(major: 2, minor: 0), .damaged), (.truncated, .damaged),
        (.damaged(.text), .damaged), (.damaged(.header), .damaged), (.damaged(.recipients), .damaged),
        (.damaged(.signature), .damaged), (.damaged(.content), .damaged), (.expired(1), .rolledBack),
        (.notYetMade(1), .rolledBack), (.notForThis([]), .locked), (.wrongPassphrase, .locked),
        (.noMemory, .unavailable), (.tooLarge, .cantCreate),
    ]

    private static func failures() -> [Failure] {
        storeErrors.map { Failure($0.0, store: "/store") } + keyringErrors.map { Failure($0.0) }
            + bundleErrors.map { Failure($0.0, bundle: "/bundle") }
            + [ENOSPC, EROFS, EACCES, EIO].map { Failure(FileError("rename", "/x", number: $0)) }
            + [
                .oneFile(path: "/x"), .changedMeanwhile(path: "/x"), .unusableProgram(path: "/a b"),
                .inPlainText(profile: "dev"), .occupied(profile: "dev", by: .role), .nothingToUndo,
            ].map { (error: ImportError) in Failure(error, store: "/store") }
    }

    @Test("a store's error ends the program with its code", arguments: storeErrors)
    func store(error: StoreError, code: Failure.Code) { #expect(Failure(error, store: "/store").code == code) }

    @Test("a bundle's error ends the program with its code", arguments: bundleErrors)
    func bundle(error: BundleError, code: Failure.Code) { #expect(Failure(error, bundle: "/bundle").code == code) }

    @Test("a keyring's error ends the program with its code", arguments: keyringErrors)
    func keyring(error: KeyringError, code: Failure.Code) { #expect(Failure(error).code == code) }

    @Test(
        "a file that can't be made is told from one that can't be read",
        arguments: [
            (ENOSPC, .cantCreate), (EDQUOT, .cantCreate), (EROFS, .cantCreate), (EACCES, .cantCreate),
            (EPERM, .cantCreate), (EIO, .inputOutput), (EISDIR, .inputOutput),
        ] as [(Int32, Failure.Code)])
    func file(number: Int32, code: Failure.Code) {
        let failure = Failure(FileError("write", "/some/file", number: number))
        #expect(failure.code == code)
        #expect(failure.message.contains("cannot write to \"/some/file\""))
    }

    @Test(
        "messages are one line in lower case without a full stop, each like no other, and almost all name a next step")
    func style() {
        let failures = Self.failures()
        for failure in failures {
            #expect(failure.message.first?.isUppercase == false, "\(failure.message)")
            #expect(!failure.message.hasSuffix("."), "\(failure.message)")
            #expect(!failure.message.contains("\n"))
            #expect(failure.hint?.hasSuffix(".") != true, "\(failure.hint ?? "")")
        }
        #expect(Set(failures.map(\.message)).count == failures.count)
        let without = failures.filter { $0.hint == nil }.map(\.message)
        #expect(without.count <= 3, "\(without)")
    }

    @Test("every reason to leave a profile alone has words of its own")
    func reasons() {
        let words = LeaveReason.allCases.map(\.words)
        #expect(Set(words).count == LeaveReason.allCases.count)
        for words in words {
            #expect(words.count > 10 && !words.hasSuffix(".") && !words.contains("\n"), "\(words)")
        }
    }

    @Test(
        "a file that botocore can't read is named with the line, the problem and what to do",
        arguments: [
            ("\u{FEFF}[a]\n", "byte order mark"), ("[a]\n[a]\n", "line 2: section [a] stands twice (first on line 1);"),
            ("[a]\nx=1\nx=1\n", "line 3: \"x\" stands twice in the section (first on line 2);"),
            ("x=1\n", "before the first section"),
            ("[a]\nx=\n  1\n", "the value of \"x\" stands below its name"),
            ("[a]\nwJalrXUt/x=1\nwJalrXUt/x=1\n", ": a setting stands twice in the section (first on line 2);"),
            ("[a]\naBcD=\n  1\n", "the value of a setting stands below its name"),
            ("[a]\nRegion=\n  1\n", "\"Region\""), ("[a]\nREGION=\n  1\n", "\"REGION\""),
            (
                "[wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY]\n[wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY]\n",
                ": a section stands twice (first on line 1);"
            ),
            ("[a]\nwhat\n", "\"/f\", line 2: the line is neither a section nor a setting;"),
            ("[a]\rx\n", "carriage return"), ("\0\n", "not UTF-8"),
        ])
    func syntax(text: String, expected: String) throws {
        do throws(ConfigSyntaxError) {
            _ = try ConfigDocument(reading: text.utf8.span, as: .config)
            Issue.record("it was read")
        } catch {
            let failure = Failure(ImportError.syntax(error, path: "/f"), store: "")
            #expect(failure.code == .config)
            #expect(failure.message.contains(expected), "\(failure.message)")
            #expect(failure.message.contains("\"/f\"") && failure.message.contains("line \(error.line)"))
            #expect(failure.hint != nil)
        }
    }
}
