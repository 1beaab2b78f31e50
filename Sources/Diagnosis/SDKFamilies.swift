private import AWSConfig

extension SDKFamily {
    /// All of them. docs/sdks.md says where it is from.
    public static let all = [
        python("boto3", ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"]),
        python("aws-cli-v2", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]),
        ruby, go("go-v1", .go1, []), go("go-v2", .go2, [.refusesHalves]), commonRuntime, javaScript, java, kotlin, rust,
        dotNET, php,
    ]

    private static func python(_ id: String, _ variables: [String]) -> SDKFamily {
        let own: [Provider] = [.webIdentity, .singleSignOn, .keys(.credentials), .login, .process(nil), .keys(.config)]
        return SDKFamily(
            id: id, isMeasured: true, variables: variables, syntax: .python, named: [.role] + own,
            byVariable: [.environmentKeys, .role, .environmentRole] + own, source: own,
            [
                .readsFilesFirst, .profileMustExist, .stopsAtHalfEnvironment, .stopsWithoutSecret, .takesEmptyKey,
                .roleNeedsSource, .keyEndsOwnLoopOnly, .mixesWebIdentity, .tokenNeedsRole,
            ])
    }

    private static let ruby = SDKFamily(
        id: "ruby", isMeasured: true, syntax: .ruby,
        named: [
            .webIdentity, .singleSignOn, .role, .keys(.credentials), .keys(.config), .process(nil), .environmentKeys,
            .environmentRole,
        ],
        byVariable: [
            .environmentKeys, .environmentRole, .webIdentity, .singleSignOn, .role, .keys(.credentials),
            .keys(.config), .process(nil),
        ],
        source: [.keys(.credentials), .keys(.config), .webIdentity, .process(nil), .singleSignOn],
        [
            .roleNeedsSource, .sourceNeedsRole, .rolesInOneFile, .noEnvironmentSource, .webIdentityInConfig,
            .webIdentityNeedsVariable,
        ])

    private static func go(_ id: String, _ syntax: FamilySyntax, _ habits: Set<Habit>) -> SDKFamily {
        let own: [Provider] = [.keys(.credentials), .keys(.config), .webIdentity, .singleSignOn, .process(nil)]
        return SDKFamily(
            id: id, isMeasured: true, syntax: syntax, named: [.role] + own,
            byVariable: [.environmentKeys, .environmentRole, .role] + own, source: own,
            habits.union([
                .readsFilesFirst, .profileMustExist, .defaultVariableMayMiss, .tokenNeedsRole, .roleTakesOwn,
                .sourceNeedsRole, .oneSourceOnly,
                .cannotAsk,
            ]))
    }

    private static let commonRuntime: SDKFamily = {
        let own: [Provider] = [.webIdentity, .mergedKeys, .singleSignOn, .process(nil)]
        return SDKFamily(
            id: "crt", isMeasured: true, syntax: .commonRuntime, named: [.role] + own,
            byVariable: [.environmentKeys, .role] + own + [.environmentRole], source: own,
            [.stopsWithoutSecret, .stopsWithoutID, .stopsAtEmptyKey, .roleNeedsSource])
    }()

    private static let javaScript: SDKFamily = {
        let own: [Provider] = [.mergedKeys, .webIdentity, .process(nil), .singleSignOn, .login]
        return SDKFamily(
            id: "javascript", isMeasured: false, syntax: .reference, named: [.role] + own,
            byVariable: [.role] + own + [.environmentRole],
            unnamed: [.environmentKeys, .role] + own + [.environmentRole], source: own, [.cannotAsk])
    }()

    private static let java: SDKFamily = {
        let own: [Provider] = [.webIdentity, .singleSignOn, .process(nil), .mergedKeys]
        return SDKFamily(
            id: "java", isMeasured: false, syntax: .reference, named: [.role] + own,
            byVariable: [.environmentKeys, .environmentRole, .role] + own, source: own, [])
    }()

    private static let kotlin: SDKFamily = {
        let own: [Provider] = [.mergedKeys, .webIdentity, .singleSignOn, .process(nil)]
        return SDKFamily(
            id: "kotlin", isMeasured: false, syntax: .reference, named: [.role] + own,
            byVariable: [.environmentKeys, .role] + own + [.environmentRole], source: own, [])
    }()

    private static let rust: SDKFamily = {
        let own: [Provider] = [.webIdentity, .singleSignOn, .process(nil), .mergedKeys]
        return SDKFamily(
            id: "rust", isMeasured: false, syntax: .reference, named: [.role] + own,
            byVariable: [.environmentKeys, .role] + own + [.environmentRole], source: [.mergedKeys] + own, [])
    }()

    private static let dotNET: SDKFamily = {
        let own: [Provider] = [.webIdentity, .singleSignOn, .mergedKeys, .process(nil)]
        return SDKFamily(
            id: "dotnet", isMeasured: false, syntax: .reference, named: [.role] + own,
            byVariable: [.role] + own + [.environmentKeys], source: own, [.noKeysBesideProcess])
    }()

    private static let php: SDKFamily = {
        let own: [Provider] = [
            .webIdentity, .singleSignOn, .process(.credentials), .role, .keys(.credentials), .process(.config),
            .keys(.config),
        ]
        return SDKFamily(
            id: "php", isMeasured: false, variables: ["AWS_PROFILE"], syntax: .reference, named: own,
            byVariable: [.environmentKeys, .environmentRole] + own,
            source: [.keys(.credentials), .keys(.config)], [.rolesInOneFile])
    }()

    private init(
        id: String, isMeasured: Bool, variables: [String] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"],
        syntax: FamilySyntax,
        named: [Provider], byVariable: [Provider], unnamed: [Provider]? = nil, source: [Provider], _ habits: Set<Habit>
    ) {
        self.init(
            id: id, isMeasured: isMeasured, variables: variables, syntax: syntax, named: named,
            byVariable: byVariable, unnamed: unnamed ?? byVariable, source: source, habits: habits)
    }
}
