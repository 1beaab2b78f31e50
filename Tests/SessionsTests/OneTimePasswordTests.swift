import SealedStore
import Sealing
import Sessions
import TestSupport
import Testing

@Suite("Codes that change with time")
struct OneTimePasswordTests {
    /// RFC 6238, appendix B: the seed is `12345678901234567890` in ASCII, the codes have eight digits.
    @Test(
        "are those of RFC 6238",
        arguments: [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
        ])
    func vectors(seconds: Int, code: String) {
        let seed = SecretBytes(text: "12345678901234567890")
        let step = UInt64(seconds / OneTimePassword.step)
        #expect(OneTimePassword.code(seed: seed, step: step, digits: 8) == code)
        #expect(OneTimePassword.code(seed: seed, step: step) == String(code.suffix(6)))
    }

    @Test(
        "are made of a seed as people have it",
        arguments: [
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "gezdgnbvgy3tqojqgezdgnbvgy3tqojq",
            "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
            "otpauth://totp/AWS:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=AWS",
            "otpauth://totp/AWS:alice?issuer=AWS&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "OTPAUTH://totp/a?algorithm=SHA1&digits=6&Period=30&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        ])
    func seeds(typed: String) {
        let seed = OneTimePassword.seed(in: SecretBytes(text: typed))
        let text = seed?.text()
        #expect(text == "12345678901234567890")
    }

    @Test(
        "are not made of anything else",
        arguments: ["", "x", "GEZDGNBV1", "otpauth://totp/AWS:alice?issuer=AWS", "otpauth:", "GEZDGNBV"]
            + ["otpauth://hotp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=1"]
            + ["digits=8", "period=60", "algorithm=SHA256", "digits=", "period=300"].map {
                "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&\($0)"
            })
    func noSeeds(typed: String) {
        let isSeed = OneTimePassword.seed(in: SecretBytes(text: typed)) != nil
        #expect(!isSeed)
    }

    @Test("are given out once each, and the next one after its time has come")
    func onceEach() throws {
        var draft = StoreDraft()
        try draft.set(SecretBytes(text: "12345678901234567890"), of: "phone")
        try draft.set(SecretBytes(text: "09876543210987654321"), of: "tablet")
        #expect(try draft.takeCode(of: "nothing", now: 59) == nil)
        #expect(try draft.takeCode(of: "phone", now: 59) == .ready("287082"))
        #expect(try draft.takeCode(of: "phone", now: 59) == .later(seconds: 1))
        #expect(try draft.takeCode(of: "phone", now: 31) == .later(seconds: 29))
        guard case .ready = try draft.takeCode(of: "tablet", now: 59) else {
            Issue.record("another device's code was kept back")
            return
        }
        guard case .ready(let next) = try draft.takeCode(of: "phone", now: 60) else {
            Issue.record("the next code was kept back")
            return
        }
        #expect(next != "287082")
        #expect(try draft.removeDevice("phone"))
        #expect(try draft.takeCode(of: "phone", now: 90) == nil)
        #expect(try draft.removeDevice("phone") == false)
    }

    @Test("of a seed that is put in again aren't given out again")
    func sealedAgain() throws {
        var draft = StoreDraft()
        try draft.set(SecretBytes(text: "12345678901234567890"), of: "phone")
        #expect(try draft.takeCode(of: "phone", now: 59) == .ready("287082"))
        try draft.set(SecretBytes(text: "12345678901234567890"), of: "phone")
        #expect(try draft.takeCode(of: "phone", now: 59) == .later(seconds: 1))
        // Another one has codes of its own.
        try draft.set(SecretBytes(text: "09876543210987654321"), of: "phone")
        guard case .ready = try draft.takeCode(of: "phone", now: 59) else {
            Issue.record("a new seed's code was kept back")
            return
        }
    }

    @Test("aren't kept back for the time that a clock was ahead")
    func clockAhead() throws {
        var draft = StoreDraft()
        try draft.set(SecretBytes(text: "12345678901234567890"), of: "phone")
        guard case .ready = try draft.takeCode(of: "phone", now: 1_111_111_109) else {
            Issue.record("there was no code")
            return
        }
        // A step back is what setting a clock right takes; its code may have been used.
        #expect(try draft.takeCode(of: "phone", now: 1_111_111_079) == .later(seconds: 31))
        #expect(try draft.takeCode(of: "phone", now: 59) == .ready("287082"))
        #expect(try draft.takeCode(of: "phone", now: 59) == .later(seconds: 1))
    }
}
