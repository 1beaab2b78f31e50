/// How often a person is asked before a program gets a key, or what was got with it.
public enum Confirmation: UInt8, Sendable {
    /// At each use.
    case always = 1
    /// At the first use after the store was unlocked.
    case oncePerSession = 2
}

extension Confirmation {
    /// The one of two by which a person is asked more often.
    public static func stricter(_ one: Confirmation?, _ other: Confirmation?) -> Confirmation? {
        [one, other].compactMap(\.self).min { $0.rawValue < $1.rawValue }
    }
}
