import Sealing
import TestSupport
import Testing

@testable import Sharing

/// Bundles, changed in every way: none is accepted, each is refused for the right reason.
///
/// First as anybody can change them, then with a new signature by the sender itself, since what lies below it
/// must hold by itself. By default every seventh bit or fewer; `AWSKEYS_TORTURE=1` has all of them.
@Suite("Bundles that somebody changed")
struct TamperTests {
    @Test("none is accepted", arguments: [true, false], [false, true])
    func refused(isForRecipients: Bool, isSignedAnew: Bool) throws {
        let victim = try bundle(isForRecipients)
        let foreign = try bundle(isForRecipients)
        let header = try BundleHeader(reading: victim.span)
        var count = 0
        func refuses(_ what: String, _ changed: [UInt8], _ allowed: [BundleError]) {
            let file = isSignedAnew ? signed(changed, by: sender) : changed
            guard file != victim else { return }
            count += 1
            let error = reason(file)
            #expect(error.map(allowed.contains) == true, "\(what): \(String(describing: error))")
        }
        for bit in stride(from: 0, to: victim.count * 8, by: isTorture ? 1 : 7) {
            var changed = victim
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            refuses("bit \(bit)", changed, reasons(byte: bit / 8, in: header, isSignedAnew))
        }
        if !isSignedAnew {
            for size in 0..<victim.count {
                refuses("\(size) bytes", Array(victim.prefix(size)), [size < 12 ? .notABundle : .truncated])
            }
            refuses("one byte more", victim + [0], [.damaged(.header)])
        }
        for (what, changed) in replays(victim, foreign, header) + exchanges(victim, isForRecipients) {
            refuses(what, changed, isSignedAnew ? below : [.damaged(.signature)])
        }
        #expect(reason(victim) == nil && reason(foreign) == nil, "untouched, they are accepted")
        print("\(victim.count) bytes\(isSignedAnew ? ", signed anew" : ""): \(count) changes, none accepted")
    }

    @Test("nor is a changed text of one")
    func text() throws {
        let text = Array(Armor.text(of: try bundle(true)).utf8)
        func reason(_ text: [UInt8]) -> BundleError? {
            do throws(BundleError) {
                return self.reason(try Armor.bundle(in: text.span))
            } catch {
                return error
            }
        }
        for bit in stride(from: 0, to: text.count * 8, by: isTorture ? 1 : 17) {
            var changed = text
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(reason(changed) != nil, "bit \(bit)")
        }
        // The last line's end isn't missed.
        for size in 0..<text.count - 1 {
            #expect(reason(Array(text.prefix(size))) == (size < 30 ? .notABundle : .truncated), "\(size) bytes")
        }
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for number in lines.indices.dropFirst(2).dropLast(4) {
            var (without, exchanged) = (lines, lines)
            without.remove(at: number)
            exchanged.swapAt(number, number - 1)
            #expect([.truncated, .damaged(.header)].contains(reason(Array(without.joined(separator: [10])))))
            #expect(reason(Array(exchanged.joined(separator: [10]))) != nil)
        }
        #expect(reason(text) == nil)
    }

    /// For two recipients, of whom the first one opens it; or under what a passphrase might give.
    private func bundle(_ isForRecipients: Bool) throws -> [UInt8] {
        if isForRecipients { return try sealed(by: sender, for: [recipient.published, stranger.published]) }
        return try sampleKeys().sealed(by: sender, created: made, expires: expiry, under: .counting())
    }

    /// Why it is refused.
    private func reason(_ bytes: [UInt8]) -> BundleError? {
        do throws(BundleError) {
            let bundle = try SealedBundle(reading: bytes)
            if bundle.hasPassphrase {
                _ = try bundle.open(with: .counting(), of: bundle.stanzas[0])
            } else {
                _ = try bundle.open(as: recipient)
            }
            return nil
        } catch {
            return error
        }
    }

    /// What is left to notice a change when the signature doesn't.
    private var below: [BundleError] {
        [.damaged(.recipients), .damaged(.content), .wrongPassphrase]
    }

    /// What a change of one byte may be refused for.
    private func reasons(byte: Int, in header: BundleHeader, _ isSignedAnew: Bool) -> [BundleError] {
        let above = isSignedAnew ? below : [.damaged(.signature)]
        switch byte {
        case 0..<8: return [.notABundle]
        case 8..<10: return (0..<16).map { .newer(major: 1 ^ 1 << $0, minor: 0) }
        case 12: return [.newer(major: 1, minor: 0)]
        case 13..<16, 112..<120: return above + [.damaged(.header), .damaged(.recipients), .truncated]
        case 32..<48: return above + [.damaged(.header)]
        case BundleHeader.size..<header.contentOffset where isSignedAnew:
            return above + [
                .newer(major: 1, minor: 0), .notForThis([stranger.published]), .notForThis([]),
            ] + nearly(recipient.published).map { .notForThis([$0, stranger.published]) }
        default: return above
        }
    }

    /// All identities that one changed bit makes of one.
    private func nearly(_ identity: PublicIdentity) -> [PublicIdentity] {
        (0..<PublicIdentity.size * 8).map { bit in
            var bytes = identity.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            return PublicIdentity(bytes.span)
        }
    }

    /// Every part as it is in another bundle of the same sender for the same recipients.
    private func replays(_ victim: [UInt8], _ foreign: [UInt8], _ header: BundleHeader) -> [(String, [UInt8])] {
        let content = header.contentOffset..<header.signatureOffset
        let parts = [16..<32, 0..<BundleHeader.size, BundleHeader.size..<header.contentOffset, content]
        return (parts + [header.signatureOffset..<victim.count]).map { part in
            var changed = victim
            changed.replaceSubrange(part, with: foreign[part])
            return ("\(part) of another", changed)
        }
    }

    /// The stanzas in each other's place.
    private func exchanges(_ victim: [UInt8], _ isForRecipients: Bool) -> [(String, [UInt8])] {
        guard isForRecipients else { return [] }
        let first = BundleHeader.size..<BundleHeader.size + Stanza.recipientSize
        let second = first.upperBound..<first.upperBound + Stanza.recipientSize
        var changed = victim
        changed.replaceSubrange(first, with: victim[second])
        changed.replaceSubrange(second, with: victim[first])
        return [("stanzas exchanged", changed)]
    }
}

extension NewBundle {
    /// Seals it under a key that a passphrase could give, which takes no time.
    fileprivate consuming func sealed(
        by sender: borrowing Identity, created: UInt64, expires: UInt64, under key: borrowing SealingKey
    ) throws(BundleError) -> [UInt8] {
        let copy = key.copy()
        return try sealed(
            by: sender, created: created, expires: expires, stanzaCount: 1, stanzasSize: Stanza.passphraseSize
        ) { (fileKey, header) in
            [
                Stanza(
                    wrapping: fileKey, kind: .passphrase(salt: [UInt8](0..<16), cost: leastCost), under: copy,
                    header: header)
            ]
        }
    }
}
