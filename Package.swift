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

let package = Package(
    name: "awskeys",
    dependencies: [],
    targets: [
        .systemLibrary(name: "CSodium"),
        .systemLibrary(name: "CKeyutils"),
        .target(name: "Sealing", dependencies: ["CSodium"], swiftSettings: strict),
        .target(name: "KeyCache", dependencies: ["CKeyutils", "Sealing"], swiftSettings: strict),
        .target(name: "DurableFiles", dependencies: ["Sealing"], swiftSettings: strict),
        .target(name: "SealedStore", dependencies: ["DurableFiles", "Sealing"], swiftSettings: strict),
        .testTarget(name: "SealingTests", dependencies: ["Sealing"], swiftSettings: strict),
    ]
)
