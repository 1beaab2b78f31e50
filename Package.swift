// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is built with: the strictest language mode, and no warning left standing.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
]

/// Symbols make a program slower to start, since it has more to map.
let stripped = LinkerSetting.unsafeFlags(["-Xlinker", "-s"], .when(configuration: .release))

/// Every function of a library is looked up at the start. Else that happens at its first call, and the loader puts the
/// registers on the stack meanwhile, with whatever was copied last: pieces of secrets, which would stay there.
let boundAtOnce = LinkerSetting.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])

/// What is left out of the start of the program that SDKs call; the file says what and why.
let quickStart = "\(Context.packageDirectory)/Sources/awskeys-credential-process/quick-start.ld"

let package = Package(
    name: "awskeys",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    ],
    targets: [
        .systemLibrary(name: "CBSD"),
        .systemLibrary(name: "CChild"),
        .systemLibrary(name: "CCurl"),
        .systemLibrary(name: "CExpat", pkgConfig: "expat"),
        .systemLibrary(name: "CGcrypt"),
        .systemLibrary(name: "CGio", pkgConfig: "gio-unix-2.0"),
        .systemLibrary(name: "CJansson", pkgConfig: "jansson"),
        .systemLibrary(name: "COath"),
        .systemLibrary(name: "CSecret", pkgConfig: "libsecret-1"),
        .systemLibrary(name: "CSodium"),
        .systemLibrary(name: "CKeyutils"),
        .systemLibrary(name: "CLinux"),
        .target(name: "Sealing", dependencies: ["CSodium"], swiftSettings: strict),
        .target(name: "DurableFiles", dependencies: ["Sealing"], swiftSettings: strict),
        .target(name: "SealedStore", dependencies: ["DurableFiles", "Sealing"], swiftSettings: strict),
        .target(name: "Sharing", dependencies: ["Sealing"], swiftSettings: strict),
        .target(name: "AWSConfig", dependencies: ["Sealing"], swiftSettings: strict),
        .target(name: "KeyCache", dependencies: ["CKeyutils", "Sealing"], swiftSettings: strict),
        .target(
            name: "CredentialProcess", dependencies: ["CLinux", "KeyCache", "SealedStore", "Sealing"],
            swiftSettings: strict),
        .target(
            name: "Importing",
            dependencies: ["AWSConfig", "CredentialProcess", "DurableFiles", "SealedStore", "Sealing"],
            swiftSettings: strict),
        .target(
            name: "Diagnosis", dependencies: ["AWSConfig", "CredentialProcess", "Importing", "Sealing"],
            swiftSettings: strict),
        .target(name: "AWSAPI", dependencies: ["CCurl", "CExpat", "CJansson", "Sealing"], swiftSettings: strict),
        .target(
            name: "Rotation", dependencies: ["AWSAPI", "SealedStore", "Sealing"], swiftSettings: strict),
        .target(
            name: "Sessions",
            dependencies: [
                "AWSAPI", "AWSConfig", "COath", "CredentialProcess", "DurableFiles", "KeyCache", "SealedStore",
                "Sealing", "Unlocking",
            ],
            swiftSettings: strict),
        .target(name: "Keyring", dependencies: ["CSecret", "Sealing"], swiftSettings: strict),
        .target(name: "LoginWatch", dependencies: ["CGio"], swiftSettings: strict),
        .target(
            name: "Unlocking",
            dependencies: ["CBSD", "CChild", "DurableFiles", "KeyCache", "Keyring", "SealedStore", "Sealing"],
            swiftSettings: strict),
        .target(name: "Scanning", dependencies: ["CChild", "Sealing"], swiftSettings: strict),
        .target(
            name: "OtherTools",
            dependencies: ["AWSAPI", "CGcrypt", "DurableFiles", "Keyring", "Sealing", "Unlocking"],
            swiftSettings: strict),
        .target(
            name: "AWSKeysCLI",
            dependencies: [
                "AWSAPI", "AWSConfig", "CredentialProcess", "Diagnosis", "DurableFiles", "Importing", "KeyCache",
                "Keyring", "LoginWatch", "OtherTools", "Rotation", "Scanning", "SealedStore", "Sealing", "Sessions",
                "Sharing", "Unlocking",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "FlyingFox", package: "FlyingFox"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "awskeys", dependencies: ["AWSKeysCLI"], swiftSettings: strict,
            linkerSettings: [stripped, boundAtOnce]),
        // Static to the last library: starting it costs what starting any process costs. Sanitizers, which look at
        // debug builds, can't be linked that way.
        .executableTarget(
            name: "awskeys-credential-process", dependencies: ["CredentialProcess"], exclude: ["quick-start.ld"],
            swiftSettings: strict,
            linkerSettings: [
                .unsafeFlags(
                    ["-static-executable", "-use-ld=lld", "-Xlinker", "-T", "-Xlinker", quickStart],
                    .when(configuration: .release)), stripped,
            ]),
        .target(
            name: "TestSupport", dependencies: ["Sealing"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .testTarget(name: "SealingTests", dependencies: ["Sealing", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "DurableFilesTests", dependencies: ["DurableFiles", "Sealing", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SealedStoreTests", dependencies: ["DurableFiles", "SealedStore", "Sealing", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "AWSConfigTests", dependencies: ["AWSConfig", "Sealing", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ImportingTests",
            dependencies: ["AWSConfig", "DurableFiles", "Importing", "SealedStore", "Sealing", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "DiagnosisTests", dependencies: ["AWSConfig", "Diagnosis"], swiftSettings: strict),
        .testTarget(
            name: "CredentialProcessTests",
            dependencies: ["CredentialProcess", "SealedStore", "Sealing", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "UnlockingTests",
            dependencies: ["Keyring", "SealedStore", "Sealing", "TestSupport", "Unlocking"], exclude: ["Programs"],
            swiftSettings: strict),
        .testTarget(
            name: "AWSKeysCLITests",
            dependencies: [
                "AWSConfig", "AWSKeysCLI", "DurableFiles", "Importing", "Keyring", "SealedStore", "Sealing",
                "Sharing", "TestSupport", "Unlocking",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "AWSAPITests", dependencies: ["AWSAPI", "Sealing", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "OtherToolsTests", dependencies: ["AWSAPI", "OtherTools", "Sealing", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "RotationTests", dependencies: ["AWSAPI", "Rotation", "SealedStore", "Sealing", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "ScanningTests", dependencies: ["Scanning", "Sealing", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SessionsTests", dependencies: ["SealedStore", "Sealing", "Sessions", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "SharingTests", dependencies: ["Sealing", "Sharing", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "LoginWatchTests", dependencies: ["CGio", "LoginWatch"], swiftSettings: strict),
        .testTarget(
            name: "KeyringTests", dependencies: ["CSecret", "Keyring", "Sealing"], swiftSettings: strict),
    ]
)

// `make fuzz` builds it, with libFuzzer and sanitizers that nothing else wants.
if Context.environment["AWSKEYS_FUZZING"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzzing",
            dependencies: [
                "AWSAPI", "AWSConfig", "CredentialProcess", "Importing", "OtherTools", "Rotation", "Scanning",
                "SealedStore", "Sealing", "Sessions", "Sharing", "TestSupport", "Unlocking",
            ],
            path: "Tests/Fuzzing", exclude: ["README.md", "corpus"],
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
