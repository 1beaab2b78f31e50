import AWSConfig
import Sealing

private let (idName, secretName) = ("aws_access_key_id", "aws_secret_access_key")
private let tokenNames = ["aws_session_token", "aws_security_token"]

extension Situation {
    /// Keys in plain text, and halves of keys.
    func keyFindings() -> [Finding] {
        inEachFile { file in
            file.profiles.flatMap { profile, section -> [Finding] in
                let (id, secret) = (section.property(idName), section.property(secretName))
                let name = file.document.file
                let line = [id?.line, secret?.line].compactMap(\.self).min()
                guard let line else { return lonelyToken(of: profile, section, name) }
                // It isn't missing, and is found for that.
                if id?.hidesValue ?? false || secret?.hidesValue ?? false { return [] }
                guard let id, let secret, !id.value.isEmpty, !secret.value.isEmpty else {
                    return [half(of: profile, id, secret, name, line)]
                }
                guard section.token == nil, file.isLongTerm(id) else { return [] }
                // An id that a comment or quotes follow is no secret either.
                let plain = Finding(.plainKey(id: file.text(id)), in: name, line: line, profile: profile)
                guard profile == "default" else { return [plain] }
                return [plain, Finding(.defaultKey, in: name, line: line, profile: profile)]
            }
        }
    }

    private func half(
        of profile: String, _ id: ConfigDocument.Property?, _ secret: ConfigDocument.Property?,
        _ file: ConfigDocument.File, _ line: Int
    ) -> Finding {
        let isID = id?.value.isEmpty ?? true
        let missing = isID ? idName : secretName
        let other = file == .config ? credentials.document : config.document
        let isElsewhere = other.section(of: profile)?.property(missing).map { !$0.value.isEmpty } ?? false
        return Finding(
            .halfKey(missing: missing, isEmpty: (isID ? id : secret) != nil, isElsewhere: isElsewhere), in: file,
            line: line, profile: profile)
    }

    private func lonelyToken(
        of profile: String, _ section: ConfigDocument.Section, _ file: ConfigDocument.File
    ) -> [Finding] {
        guard let token = section.token else { return [] }
        return [
            Finding(
                .halfKey(missing: idName, isEmpty: false, isElsewhere: false), in: file, line: token.line,
                profile: profile)
        ]
    }
}

extension ConfigDocument.Section {
    /// The session token that makes its keys temporary ones.
    fileprivate var token: ConfigDocument.Property? {
        tokenNames.compactMap { property($0) }.first { !$0.value.isEmpty }
    }
}

extension ExaminedFile {
    /// The prefix of temporary keys: IAM User Guide, "Understanding unique ID prefixes".
    fileprivate func isLongTerm(_ id: ConfigDocument.Property) -> Bool { !text(id).hasPrefix("ASIA") }
}

// MARK: - Tokens

extension Situation {
    /// The settings that tools write beside temporary keys to say when they end: saml2aws and others, aws-mfa the last.
    private static let ends = [
        "x_security_token_expires", "aws_session_expiration", "aws_credential_expiration", "aws_expiration",
        "expiration",
    ]

    /// Temporary keys that have ended.
    func tokenFindings() -> [Finding] {
        inEachFile { file in
            file.profiles.compactMap { profile, section in
                guard let token = section.token else { return nil }
                for name in Self.ends {
                    guard let property = section.property(name), let ended = end(file.text(property)) else { continue }
                    guard ended < now else { return nil }
                    return Finding(
                        .expiredToken(setting: name, ended: file.text(property)), in: file.document.file,
                        line: token.line, profile: profile, fix: file.removal(of: section).map { .edits($0) })
                }
                return nil
            }
        }
    }

    /// The moment from which on keys are of no use anywhere: clocks differ, and a time without a zone may be of any.
    private func end(_ text: String) -> Int? {
        if let time = seconds(text) { return time + 3600 }
        return seconds(text + "Z").map { $0 + 15 * 3600 }
    }
}

extension ExaminedFile {
    /// Takes temporary keys out.
    fileprivate func removal(of section: ConfigDocument.Section) -> [Edit]? {
        let lines = ([idName, secretName] + tokenNames).compactMap { section.property($0) }
        guard !section.header.isUnusual, let id = section.property(idName), !isLongTerm(id),
            lines.allSatisfy({ !$0.isIndented && !$0.isContinued })
        else { return nil }
        return lines.map { Edit($0.own) }
    }
}
