import AWSConfig

/// Follows roles from profile to profile, through each profile once: a file may have thousands.
struct RoleWalk<Settings: ProfileSettings> {
    let settings: Settings
    /// Why settings describe no chain: each mistake once, though many may build on it.
    private(set) var errors: [RoleChainError] = []
    /// Profiles whose source has no credentials, with its name.
    private(set) var emptySources: [(profile: String, source: String)] = []

    /// How many roles it takes to get a profile's credentials; `nil` where there's a mistake.
    private var depths: [String: Int?] = [:]
    private var isEmpty: Set<String> = []
    private var places: Set<String> = []

    init(settings: Settings) { self.settings = settings }

    /// Follows the roles of a profile, as ``RoleChain`` does.
    mutating func follow(_ profile: String) {
        var path: [String] = []
        do throws(RoleChainError) {
            // With keys of its own, a profile isn't the same to itself as to those that build on it.
            if !settings.filesWithKeys(of: profile).isEmpty {
                _ = try RoleChain(of: profile, in: settings)
                return
            }
            var depth = try walk(from: profile, along: &path)
            for profile in path.reversed() {
                depth = depth.map { $0 + 1 }
                if let roles = depth, roles > RoleChain.mostRoles {
                    report(.tooLong(profile: profile))
                    depth = nil
                }
                depths.updateValue(depth, forKey: profile)
            }
        } catch {
            for profile in path { depths.updateValue(nil, forKey: profile) }
            report(error)
        }
    }

    /// Collects the profiles with roles from one on, and says how many roles what they lead to takes.
    private mutating func walk(
        from start: String, along path: inout [String]
    ) throws(RoleChainError) -> Int? {
        var visited: Set<String> = []
        var next = start
        while true {
            if let known = depths[next] {
                if isEmpty.contains(next), let last = path.last { emptySources.append((last, next)) }
                return known
            }
            let link: RoleLink
            do throws(RoleChainError) {
                link = try RoleLink(of: next, after: path.last, in: settings)
            } catch {
                path.append(next)
                throw error
            }
            switch link {
            case .source(let source):
                depths[next] = 0
                if case .none = source {
                    isEmpty.insert(next)
                    if let last = path.last { emptySources.append((last, next)) }
                }
                return 0
            case .role:
                path.append(next)
                return 0
            case .roleOf(let name):
                path.append(next)
                visited.insert(next)
                guard visited.contains(name) else {
                    next = name
                    continue
                }
                if name == next, case .source = try RoleLink(of: next, after: next, in: settings) { return 0 }
                guard path.count <= RoleChain.mostRoles else { throw .tooLong(profile: start) }
                throw .cycle(path + [name])
            }
        }
    }

    private mutating func report(_ error: RoleChainError) {
        if let place = error.place, places.insert(place).inserted { errors.append(error) }
    }
}

extension RoleChainError {
    /// The profile whose settings are wrong.
    var place: String? {
        switch self {
        case .noProfile(let name, let namedBy): namedBy ?? name
        case .tooLong(let profile), .twoSources(let profile), .noSource(let profile), .noRole(let profile),
            .badValue(let profile, _), .emptyValue(let profile, _):
            profile
        case .cycle(let profiles): profiles.last
        }
    }
}
