import DurableFiles
import Sealing
import SealedStore

/// Notes of a change to the AWS files, sealed in the store before the first file is touched: what each file held and
/// what it is to hold. They let the next command finish what was cut off, and an undo give back every byte.
///
/// `docs/format.md` gives the byte layout.
struct Journal: ~Copyable {
    enum State: UInt8 {
        /// The files are being changed.
        case applying = 1
        /// The files have been changed; it can be undone.
        case done
        /// The files are being changed back.
        case undoing
    }

    enum Purpose: UInt8 {
        /// Keys have been taken out of the files; an undo puts them back.
        case importing = 1
        /// A profile's line has been put into a file; there's nothing to undo once it stands.
        case adding
        /// Profiles are adopted, and the keys of those that the journal names kept back; another command undoes it.
        case adopting
        /// Profiles are given back, and the keys of those that the journal names given out.
        case givingBack
        /// A profile's lines are taken out, and its key after them.
        case removing
        /// What was wrong with the files has been mended; an undo gives them their bytes back, if nobody changed them.
        case mending
    }

    /// One profile's part.
    struct Profile: Equatable {
        let name: String
        /// Whether the change brought it into the store, so that an undo takes it out again.
        let isNew: Bool
    }

    /// One file's part.
    struct Change: ~Copyable {
        let path: String
        /// What the file held; `nil` if there was none.
        let before: SecretBytes?
        /// What it is to hold.
        let after: SecretBytes
    }

    let state: State
    let purpose: Purpose
    /// Whether credentials is changed before config; an undo goes the other way.
    let isCredentialsFirst: Bool
    /// When the change began, in seconds since 1970.
    let began: UInt64
    /// The profiles that the change concerns.
    let profiles: [Profile]
    /// The change to config; `nil` if it stays as it is.
    let config: Change?
    /// The change to credentials; `nil` if it stays as it is.
    let credentials: Change?
}

extension Journal {
    /// Whether there's anything to do.
    var changesAnything: Bool { !profiles.isEmpty || config != nil || credentials != nil }

    /// The journal's bytes, which are secret.
    ///
    /// - Parameter newState: the state that it is to have in them; `nil` for the one it has.
    borrowing func encoded(_ newState: State? = nil) -> SecretBytes {
        var head: [UInt8] = [(newState ?? state).rawValue, purpose.rawValue, isCredentialsFirst ? 1 : 0]
        head.append(littleEndian: began)
        head.append(littleEndian: UInt16(profiles.count))
        for profile in profiles {
            head.append(sized: profile.name)
            head.append(profile.isNew ? 1 : 0)
        }
        var parts = SecretBuilder()
        parts.add(head.span)
        Self.encode(config, into: &parts)
        Self.encode(credentials, into: &parts)
        return parts.joined()
    }

    private static func encode(_ change: borrowing Change?, into parts: inout SecretBuilder) {
        switch change {
        case .some(let change):
            var head: [UInt8] = [change.before == nil ? 1 : 2]
            head.append(sized: change.path)
            parts.add(head.span)
            switch change.before {
            case .some(let before): before.withBytes { parts.add(sized: $0) }
            case nil: break
            }
            change.after.withBytes { parts.add(sized: $0) }
        case nil:
            parts.add([0].span)
        }
    }

    /// Reads a journal.
    ///
    /// - Throws: ``StoreError``: `damaged`, `newer`.
    init(reading bytes: borrowing SecretBytes) throws(StoreError) {
        self = try bytes.withBytes { (span) throws(StoreError) -> Journal in
            var reader = RecordReader()
            guard let state = State(rawValue: try reader.byte(span)),
                let purpose = Purpose(rawValue: try reader.byte(span))
            else { throw .newer(major: 1, minor: 0) }
            let isCredentialsFirst = try reader.flag(span)
            let began: UInt64 = try reader.number(span)
            var profiles: [Profile] = []
            for _ in 0..<(try reader.number(span) as UInt16) {
                let name = try reader.text(span)
                profiles.append(Profile(name: name, isNew: try reader.flag(span)))
            }
            let config = try reader.change(span)
            let credentials = try reader.change(span)
            try reader.end(span)
            return Journal(
                state: state, purpose: purpose, isCredentialsFirst: isCredentialsFirst, began: began,
                profiles: profiles,
                config: config,
                credentials: credentials)
        }
    }
}

extension RecordReader {
    fileprivate mutating func change(_ span: borrowing Span<UInt8>) throws(StoreError) -> Journal.Change? {
        switch try byte(span) {
        case 0: nil
        case 1: Journal.Change(path: try text(span), before: nil, after: try secret(span))
        case 2: Journal.Change(path: try text(span), before: try secret(span), after: try secret(span))
        default: throw .damaged(.record)
        }
    }
}
