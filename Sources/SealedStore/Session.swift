public import DurableFiles
public import Sealing

/// Temporary credentials, and what they hold for.
public struct Session: ~Copyable, Sendable {
    /// Which session it is: the profile that answers with it, or what several profiles build on.
    public let name: String
    /// Its access key id; not a secret.
    public let accessKeyID: String
    /// Its secret access key.
    public let secretAccessKey: SecretBytes
    /// Its session token.
    public let sessionToken: SecretBytes
    /// When it ends, in seconds since 1970.
    public let expiration: Int
    /// From when on a new one should take its place, in seconds since 1970.
    public let renewal: Int
    /// What it holds for.
    public let bond: SessionBond

    /// A session.
    public init(
        name: String, accessKeyID: String, secretAccessKey: consuming SecretBytes, sessionToken: consuming SecretBytes,
        expiration: Int, renewal: Int, bond: SessionBond
    ) {
        self.name = name
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
        self.renewal = renewal
        self.bond = bond
    }

    /// The same session, bound anew.
    public borrowing func bound(_ bond: SessionBond) -> Session {
        Session(
            name: name, accessKeyID: accessKeyID, secretAccessKey: secretAccessKey.copy(),
            sessionToken: sessionToken.copy(), expiration: expiration, renewal: renewal, bond: bond)
    }
}

/// What a session holds for: with another key, other settings or another service, it isn't the right one any more.
public struct SessionBond: Equatable, Sendable {
    /// The profile whose key in the store it was got with; empty if it was got with none of the store's.
    public var keyProfile: String
    /// The tag of that key's record, which changes with the key; empty if there is none.
    public var keyTag: [UInt8]
    /// What was asked for: 32 bytes of BLAKE2b over the settings that say so.
    public var settings: [UInt8]
    /// The services that the environment names, see ``serviceAddresses(_:)``.
    public var addresses: String
    /// The two AWS files when the settings were read.
    public var files: Files

    /// The stamps of config and credentials.
    public struct Files: Equatable, Sendable {
        /// Config's.
        public var config: FileStamp
        /// Credentials'.
        public var credentials: FileStamp

        /// The stamps of two files as they are now.
        public init(config: String, credentials: String) {
            self.init(config: FileStamp(of: config), credentials: FileStamp(of: credentials))
        }

        init(config: FileStamp, credentials: FileStamp) {
            self.config = config
            self.credentials = credentials
        }

        /// What no files are like, so that somebody reads them each time.
        public static let never = Files(
            config: FileStamp(device: 0, inode: 0, size: .max, modified: 0, changed: 0),
            credentials: FileStamp(device: 0, inode: 0, size: .max, modified: 0, changed: 0))

        /// Whether every later change will show.
        public var isSettled: Bool { config.isSettled && credentials.isSettled }
    }

    /// Of a session that isn't kept.
    public static let never = SessionBond(
        keyProfile: "", keyTag: [], settings: [UInt8](repeating: 0, count: settingsSize), addresses: "", files: .never)

    static let tagSize = Sealed.tagSize
    static let settingsSize = 32

    /// A bond.
    public init(keyProfile: String, keyTag: [UInt8], settings: [UInt8], addresses: String, files: Files) {
        self.keyProfile = keyProfile
        self.keyTag = keyTag
        self.settings = settings
        self.addresses = addresses
        self.files = files
    }
}

// MARK: - Bytes

extension Session {
    /// Whether its texts, whose sizes have 2 bytes, can be written; the environment and the AWS files may name longer
    /// ones.
    public borrowing func canBeWritten() -> Bool {
        [name, accessKeyID, bond.keyProfile, bond.addresses].allSatisfy { $0.utf8.count <= Int(UInt16.max) }
    }

    /// The plain bytes of its file; `docs/format.md` has the layout.
    public borrowing func encoded() -> SecretBytes {
        var bytes = SecretBuilder()
        var head: [UInt8] = []
        head.append(sized: name)
        head.append(sized: accessKeyID)
        head.append(littleEndian: UInt64(clamping: expiration))
        head.append(littleEndian: UInt64(clamping: renewal))
        head.append(sized: bond.keyProfile)
        head += bond.keyTag.isEmpty ? [UInt8](repeating: 0, count: SessionBond.tagSize) : bond.keyTag
        head += bond.settings
        head.append(sized: bond.addresses)
        for stamp in [bond.files.config, bond.files.credentials] {
            for number in [stamp.device, stamp.inode, stamp.size, stamp.modified, stamp.changed] {
                head.append(littleEndian: number)
            }
        }
        bytes.add(head.span)
        secretAccessKey.withBytes { bytes.add(sized: $0) }
        sessionToken.withBytes { bytes.add(sized: $0) }
        return bytes.joined()
    }

    /// Reads the plain bytes.
    ///
    /// - Throws: ``StoreError/damaged(_:)``.
    public init(reading bytes: borrowing SecretBytes) throws(StoreError) {
        self = try bytes.withBytes { (span) throws(StoreError) in
            var reader = RecordReader()
            let name = try reader.text(span)
            let accessKeyID = try reader.text(span)
            let expiration: UInt64 = try reader.number(span)
            let renewal: UInt64 = try reader.number(span)
            let keyProfile = try reader.text(span)
            let keyTag = try reader.bytes(span, count: SessionBond.tagSize)
            let settings = try reader.bytes(span, count: SessionBond.settingsSize)
            let addresses = try reader.text(span)
            let files = SessionBond.Files(config: try reader.stamp(span), credentials: try reader.stamp(span))
            let secret = try reader.secret(span)
            let token = try reader.secret(span)
            try reader.end(span)
            return Session(
                name: name, accessKeyID: accessKeyID, secretAccessKey: secret, sessionToken: token,
                expiration: Int(clamping: expiration), renewal: Int(clamping: renewal),
                bond: SessionBond(
                    keyProfile: keyProfile, keyTag: keyProfile.isEmpty ? [] : keyTag, settings: settings,
                    addresses: addresses, files: files))
        }
    }
}

extension RecordReader {
    fileprivate mutating func stamp(_ span: borrowing Span<UInt8>) throws(StoreError) -> FileStamp {
        FileStamp(
            device: try number(span), inode: try number(span), size: try number(span), modified: try number(span),
            changed: try number(span))
    }
}
