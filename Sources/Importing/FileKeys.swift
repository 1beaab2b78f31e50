import AWSConfig
public import SealedStore
import Sealing

extension AWSFile {
    /// The change that some edits make; `nil` if they make none.
    func change(_ edits: [Edit]) -> Journal.Change? {
        guard !edits.isEmpty else { return nil }
        let after = withBytes { applying(edits, to: $0) { _ in SecretBytes(zeros: 0) } }
        let before: SecretBytes? = bytes == nil ? nil : withBytes { SecretBytes(copying: $0) }
        return Journal.Change(path: path, before: before, after: after)
    }

    /// The key that a profile's lines give.
    func key(of profile: String, added: UInt64) -> KeyRecord {
        let lines = keyLines(of: profile)
        var id = ""
        if let property = lines?.id { id = text(property) }
        return KeyRecord(
            accessKeyID: id,
            secretAccessKey: withBytes { SecretBytes(copying: $0.extracting(lines?.secret?.value ?? 0..<0)) },
            added: added, exposed: true)
    }
}

extension ImportPlan.Profile {
    /// The key that the files give for it.
    ///
    /// - Parameter added: the time, in seconds since 1970.
    public func key(config: borrowing AWSFile, credentials: borrowing AWSFile, added: UInt64) -> KeyRecord {
        switch places[0].file {
        case .config: config.key(of: name, added: added)
        case .credentials: credentials.key(of: name, added: added)
        }
    }
}
