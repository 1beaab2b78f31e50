public import Sealing
public import Unlocking

extension OtherTool {
    /// What asking for the passphrase of the files takes.
    public struct Passphrases {
        /// A variable's value; empty if it isn't set.
        let variable: (String) -> SecretBytes
        /// Asks a person for the passphrase of something, until it is right.
        let ask: (String, (borrowing SecretBytes) -> Bool) throws(Obstacle) -> SecretBytes

        /// The ways to it.
        public init(
            variable: @escaping (String) -> SecretBytes,
            ask: @escaping (String, (borrowing SecretBytes) -> Bool) throws(Obstacle) -> SecretBytes
        ) {
            self.variable = variable
            self.ask = ask
        }
    }

    /// Reads the keys, from the first backend that has any: in the order in which the library chooses one on Linux.
    ///
    /// Temporary credentials are counted, and not read.
    ///
    /// - Parameters:
    ///   - isWanted: whether a profile is asked for; others aren't opened.
    ///   - passphrases: how to come by the passphrase of files.
    /// - Throws: ``OtherToolError``.
    public func keys(
        isWanted: (String) -> Bool, passphrases: Passphrases
    ) throws(OtherToolError) -> OtherKeys {
        let chosen = backend.map { Backend(rawValue: $0) }
        if let backend, chosen == .some(nil) { throw .otherBackend(backend) }
        for backend in Backend.allCases where chosen == nil || chosen == backend {
            let found =
                switch backend {
                case .secretService: OtherKeys(.secretService)
                case .pass: OtherKeys(.pass)
                case .file: try keysInFiles(isWanted, passphrases)
                }
            if !found.keys.isEmpty || found.temporary > 0 { return found }
        }
        throw .noKeys
    }

    private func keysInFiles(
        _ isWanted: (String) -> Bool, _ passphrases: Passphrases
    ) throws(OtherToolError) -> OtherKeys {
        let keyring = FileKeyring(folder: folder)
        let all = try keyring.files().sorted { $0.key < $1.key }.map { (item: $0.key, path: $0.value) }
        var keys = OtherKeys(.file)
        let files = all.filter { !Self.isTemporary($0.item) && isWanted($0.item) }
        keys.temporary = all.count { Self.isTemporary($0.item) }
        guard !files.isEmpty else { return keys }
        try keyring.open(files, into: &keys) { (isRight) throws(OtherToolError) in
            if let variable = passphraseVariable {
                let passphrase = passphrases.variable(variable)
                if passphrase.count > 0 {
                    guard isRight(passphrase) else { throw .wrongPassphrase(folder: folder) }
                    return passphrase
                }
            }
            do throws(Obstacle) {
                return try passphrases.ask("\(name)'s keys in \"\(folder)\"", isRight)
            } catch {
                throw error == .wrongKey ? .wrongPassphrase(folder: folder) : .notAsked(error, folder: folder)
            }
        }
        return keys
    }

    /// Whether an item is called as aws-vault calls sessions, now and in its earlier versions, and tokens of IAM
    /// Identity Center.
    static func isTemporary(_ item: String) -> Bool {
        func isNumber(_ text: some StringProtocol) -> Bool { !text.isEmpty && text.allSatisfy(\.isWholeNumber) }
        let parts = item.split(separator: ",", omittingEmptySubsequences: false)
        if parts.count == 4, !parts[0].isEmpty, !parts[1].isEmpty, isNumber(parts[3]) { return true }
        if item.hasPrefix("session:") || item.hasPrefix("oidc:") { return true }
        let words = item.components(after: " session (")
        return words.map { $0.hasSuffix(")") && isNumber($0.dropLast()) } ?? false
    }
}

extension String {
    /// What follows the last occurrence of a text.
    fileprivate func components(after text: String) -> Substring? {
        ranges(of: text).last.map { self[$0.upperBound...] }
    }
}
