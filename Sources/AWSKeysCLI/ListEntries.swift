import AWSAPI
import AWSConfig
import CredentialProcess
import Importing

/// What `awskeys list` shows.
struct ProfileList: Encodable {
    let profiles: [Key]
    let roles: [AdoptedRole]
    let rotations: [RotationEntry]

    /// A profile with a key in the store.
    struct Key: Encodable {
        let profile: String
        let accessKeyID: String
        /// Missing where the id doesn't name it.
        let account: String?
        let added: String
        /// Since it came into the store, in days.
        let age: Int
        let exposed: Bool
        let sessionsOnly: Bool
        /// How often a person is asked about it; missing for never.
        let confirm: String?
        /// Missing where nobody asked, and where it isn't known.
        var lastUse: LastUse?
        let session: SessionEnd?
        let rotation: RotationEntry?

        enum CodingKeys: String, CodingKey {
            case profile, account, added, exposed, confirm, session, rotation
            case accessKeyID = "access_key_id"
            case age = "age_days"
            case sessionsOnly = "sessions_only"
            case lastUse = "last_use"
        }

        func note(_ now: Int) -> String {
            [
                exposed ? "lay in plain text" : nil, sessionsOnly ? "sessions only" : nil,
                confirm.map { "confirm = \($0)" }, rotation?.words(now: now),
            ].compactMap(\.self).joined(separator: "; ")
        }
    }

    /// A profile with a role that awskeys answers for.
    struct AdoptedRole: Encodable {
        let profile: String
        let arn: String
        let session: SessionEnd?

        enum CodingKeys: String, CodingKey {
            case profile, session
            case arn = "role_arn"
        }

        /// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html: the fifth part.
        var account: String? {
            let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count > 5 ? String(parts[4]) : nil
        }
    }

    /// When a key signed something last; services report it with some hours' delay.
    struct LastUse: Encodable {
        /// `nil` for a key that never did, as far as is known.
        let use: KeyUse?

        enum CodingKeys: CodingKey {
            case time, service, region
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(use.map { timestamp($0.time) }, forKey: .time)
            try container.encode(use?.service, forKey: .service)
            try container.encode(use?.region, forKey: .region)
        }

        func words(_ now: Int) -> String {
            use.map { "\(max(0, now - $0.time) / 86_400) d ago, \($0.service)" } ?? "never"
        }
    }

    /// When a session that is kept ends, in seconds since 1970.
    struct SessionEnd: Encodable {
        let seconds: Int

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(timestamp(seconds))
        }

        func words(_ now: Int) -> String {
            let minutes = (seconds - now) / 60
            return minutes < 120 ? "\(minutes) min left" : "\(minutes / 60) h left"
        }
    }
}

extension AWSAccess {
    /// The profiles whose roles awskeys answers for, in the order of config, with the sessions that are kept of them.
    func adoptedRoles(_ ends: [String: ProfileList.SessionEnd]) -> [ProfileList.AdoptedRole] {
        config.document.sections.compactMap(\.header.profile).compactMap { profile in
            guard asksStore(profile), let arn = setting(Role.adoptedPrefix + "role_arn", of: profile) else {
                return nil
            }
            return ProfileList.AdoptedRole(profile: profile, arn: arn, session: ends[profile])
        }
    }
}
