import Foundation
import Keyring
public import Sealing
public import Unlocking

extension OtherTool {
    /// How long a program may take to show an item, in which somebody may be asked for the passphrase of a key.
    private static let patience = Duration.seconds(120)

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
    ///   - isKnown: whether there is such a profile. Without a prefix, all of a person's passwords lie beside the keys
    ///     in `pass`, and only what is called as a profile is shown.
    ///   - mayPrompt: whether the Secret Service may ask the person to unlock the collection.
    ///   - passphrases: how to come by the passphrase of files.
    /// - Throws: ``OtherToolError``.
    public func keys(
        isWanted: (String) -> Bool, isKnown: (String) -> Bool, mayPrompt: Bool, passphrases: Passphrases
    ) throws(OtherToolError) -> OtherKeys {
        let chosen = backend.map { Backend(rawValue: $0) }
        if let backend, chosen == .some(nil) { throw .otherBackend(backend) }
        for backend in Backend.allCases where chosen == nil || chosen == backend {
            let found =
                switch backend {
                case .secretService: try keysInCollection(isWanted, mayPrompt: mayPrompt, isChosen: chosen != nil)
                case .pass where passPrefix.isEmpty && chosen == nil: OtherKeys(.pass)
                case .pass: try keysInPass { isWanted($0) && (!passPrefix.isEmpty || isKnown($0)) }
                case .file: try keysInFiles(isWanted, passphrases)
                }
            if !found.keys.isEmpty { return found }
        }
        throw .noKeys
    }

    private func keysInCollection(
        _ isWanted: (String) -> Bool, mayPrompt: Bool, isChosen: Bool
    ) throws(OtherToolError) -> OtherKeys {
        var keys = OtherKeys(.secretService)
        let items: [OtherItem]
        do throws(KeyringError) {
            items = try Keyring.items(
                ofCollection: collection,
                isWanted: { item in
                    if Self.isTemporary(item) { keys.temporary += 1 }
                    return !Self.isTemporary(item) && isWanted(item)
                }, mayPrompt: mayPrompt)
        } catch {
            if error == .noService, !isChosen { return keys }
            throw .keyring(error, collection: collection)
        }
        for item in items.sorted(by: { $0.label < $1.label }) {
            try about("\(collection): \(item.label)") { () throws(ItemProblem) in
                try keys.add(item.label, item.secret)
            }
        }
        return keys
    }

    private func keysInPass(_ isWanted: (String) -> Bool) throws(OtherToolError) -> OtherKeys {
        var keys = OtherKeys(.pass)
        let folder = passPrefix.isEmpty ? passFolder : passFolder + "/" + passPrefix
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        let items = files.filter { $0.hasSuffix(".gpg") }.map { String($0.dropLast(4)) }.sorted()
        keys.temporary = items.count { Self.isTemporary($0) }
        for item in items where !Self.isTemporary(item) && isWanted(item) {
            let name = passPrefix.isEmpty ? item : passPrefix + "/" + item
            // The library sets it for the program, too.
            let words = ["env", "PASSWORD_STORE_DIR=" + passFolder, passProgram, "show", "--", name]
            let shown = output(of: words, complains: true, until: Deadline(in: Self.patience))
            switch shown {
            case .some(let shown):
                try about("pass: \(name)") { () throws(ItemProblem) in try keys.add(item, shown) }
            case nil: throw .notShown(item: name)
            }
        }
        return keys
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
