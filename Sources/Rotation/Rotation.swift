public import SealedStore
public import Sealing

/// An access key on its way to being replaced: what has been done, and what is needed for the rest.
///
/// It is sealed in the store before each next step, so that whoever comes next can go on from it. Two keys of one IAM
/// user take part: profiles answer with ``serving``, which has proven itself; ``other`` is on its way in or out.
public struct Rotation: ~Copyable, Sendable {
    /// What was sealed last.
    public enum State: UInt8, Sendable {
        /// A new key is asked for; there may be one already that nobody knows of.
        case creating = 1
        /// The new key is ``other``, and isn't used before IAM and STS know it.
        case proving
        /// The new key serves; the old one is ``other``, and still active.
        case retiring
        /// The old key is inactive, and can be brought back until it is deleted.
        case retired
        /// The old key is being brought back: it is still ``other``, and being made active and proven.
        case restoring
    }

    /// What was sealed last.
    public private(set) var state: State
    /// The name of the IAM user whose keys they are.
    public private(set) var user: String
    /// The user's account: 12 digits.
    public let account: String
    /// The profile whose settings lead to AWS, even when it isn't in the store any more.
    public let profile: String
    /// The key that profiles answer with.
    public private(set) var serving: KeyRecord
    /// The key on its way in or out; `nil` while there is none or it isn't known.
    public private(set) var other: KeyRecord?
    /// The ids of all the user's keys when the new one was asked for.
    public let seen: [String]
    /// When it began, in seconds since 1970.
    public private(set) var began: UInt64
    /// When ``serving`` took over, in seconds since 1970; 0 before.
    public private(set) var switched: UInt64
    /// When the next step is due that waits for a time, in seconds since 1970; 0 if none does.
    public private(set) var due: UInt64
    /// How long an inactive key can be brought back, in seconds.
    public let grace: UInt32
    /// Whether the old key stays active for the grace period, before it becomes inactive for another one.
    public let isKeptActive: Bool
}

extension Rotation {
    /// One that begins.
    init(
        of key: consuming KeyRecord, user: String, account: String, profile: String, seen: [String], now: Int,
        grace: UInt32, isKeptActive: Bool
    ) {
        self.init(
            state: .creating, user: user, account: account, profile: profile, serving: key, other: nil, seen: seen,
            began: UInt64(now), switched: 0, due: 0, grace: grace, isKeptActive: isKeptActive)
    }

    /// The new key is asked for only now.
    mutating func restart(now: Int) { began = UInt64(now) }

    /// The user has another name than before.
    mutating func rename(to name: String) { user = name }

    /// The new key has come.
    mutating func received(_ key: consuming KeyRecord) {
        state = .proving
        other = consume key
    }

    /// The other key serves from now on.
    mutating func switchKeys(now: Int) {
        guard var key = other.take() else { return }
        swap(&serving, &key)
        other = consume key
        switched = UInt64(now)
        due = isKeptActive && state == .proving ? UInt64(now) + UInt64(grace) : 0
        state = .retiring
    }

    /// The other key is inactive.
    mutating func retired(now: Int) {
        state = .retired
        due = UInt64(now) + UInt64(grace)
    }

    /// The other key isn't to come back after all.
    mutating func giveUpRestoring() { state = .retiring }

    /// The other key is to come back.
    mutating func restore() {
        state = .restoring
        due = 0
    }
}

// MARK: - In the store

extension Rotation {
    /// Its bytes, which are secret; `docs/format.md` gives the layout.
    borrowing func encoded() -> SecretBytes {
        var head: [UInt8] = [state.rawValue, isKeptActive ? 1 : 0]
        head.append(littleEndian: began)
        head.append(littleEndian: switched)
        head.append(littleEndian: due)
        head.append(littleEndian: grace)
        head.append(sized: user)
        head.append(sized: account)
        head.append(sized: profile)
        head.append(littleEndian: UInt16(seen.count))
        for id in seen { head.append(sized: id) }
        var parts = SecretBuilder()
        parts.add(head.span)
        Self.encode(serving, into: &parts)
        switch other {
        case .some(let other):
            parts.add([1].span)
            Self.encode(other, into: &parts)
        case nil: parts.add([0].span)
        }
        return parts.joined()
    }

    private static func encode(_ key: borrowing KeyRecord, into parts: inout SecretBuilder) {
        var head: [UInt8] = []
        head.append(sized: key.accessKeyID)
        head.append(littleEndian: key.added)
        let confirmation = (key.confirmation?.rawValue ?? 0) << confirmationShift
        head.append((key.exposed ? 1 : 0) | (key.isSessionsOnly ? sessionsOnly : 0) | confirmation)
        parts.add(head.span)
        key.secretAccessKey.withBytes { parts.add(sized: $0) }
    }

    /// Reads what ``encoded()`` made.
    ///
    /// - Throws: ``StoreError``: `damaged`, `newer`.
    public static func read(_ bytes: borrowing SecretBytes) throws(StoreError) -> Rotation {
        try bytes.withBytes { (span) throws(StoreError) -> Rotation in
            var reader = RecordReader()
            guard let state = State(rawValue: try reader.byte(span)) else { throw .newer(major: 1, minor: 2) }
            let isKeptActive = try reader.flag(span)
            let began: UInt64 = try reader.number(span)
            let switched: UInt64 = try reader.number(span)
            let due: UInt64 = try reader.number(span)
            let grace: UInt32 = try reader.number(span)
            let user = try reader.text(span)
            let account = try reader.text(span)
            let profile = try reader.text(span)
            var seen: [String] = []
            for _ in 0..<(try reader.number(span) as UInt16) { seen.append(try reader.text(span)) }
            let serving = try reader.key(span)
            let other = try reader.otherKey(span, isThere: state != .creating)
            try reader.end(span)
            return Rotation(
                state: state, user: user, account: account, profile: profile, serving: serving, other: other,
                seen: seen, began: began,
                switched: switched, due: due, grace: grace, isKeptActive: isKeptActive)
        }
    }
}

/// The bit of a key's flags that says that its sessions alone go out.
private let sessionsOnly: UInt8 = 2
/// The place of the two bits that say how often a person is asked.
private let confirmationShift: UInt8 = 2

extension RecordReader {
    fileprivate mutating func otherKey(
        _ span: borrowing Span<UInt8>, isThere: Bool
    ) throws(StoreError) -> KeyRecord? {
        guard try flag(span) == isThere else { throw .damaged(.record) }
        return isThere ? try key(span) : nil
    }

    fileprivate mutating func key(_ span: borrowing Span<UInt8>) throws(StoreError) -> KeyRecord {
        let id = try text(span)
        let added: UInt64 = try number(span)
        let flags = try byte(span)
        let confirmation = Confirmation(rawValue: flags >> confirmationShift)
        guard flags >> confirmationShift == 0 || confirmation != nil else { throw .damaged(.record) }
        return KeyRecord(
            accessKeyID: id, secretAccessKey: try secret(span), added: added, exposed: flags & 1 != 0,
            isSessionsOnly: flags & sessionsOnly != 0, confirmation: confirmation)
    }
}

extension KeyRecord {
    /// The same key once more, in memory of its own.
    borrowing func copy() -> KeyRecord {
        KeyRecord(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey.copy(), added: added, exposed: exposed,
            isSessionsOnly: isSessionsOnly, confirmation: confirmation)
    }
}
