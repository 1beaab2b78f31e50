private import CSodium

/// libsodium's one-time initialisation, which picks the implementation that suits the processor.
enum Sodium {
    private static let initialised: Void = {
        guard sodium_init() >= 0 else { fatalError("libsodium cannot initialise: no source of randomness") }
    }()

    static func ready() { _ = initialised }
}

/// Wipes the stack below the caller, where libsodium leaves what its functions worked with, whole keys among it.
///
/// - Parameter size: how far down, in bytes, which is further than the functions go; the end-to-end tests look for what
///   is left.
func wipeStack(_ size: Int = 4 << 10) { sodium_stackzero(size) }

/// Fills a new array with random bytes from the kernel's generator: nonces, salts, identifiers; never keys.
///
/// - Parameter count: the size in bytes.
public func randomBytes(_ count: Int) -> [UInt8] {
    Sodium.ready()
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
        if let start = buffer.baseAddress { unsafe randombytes_buf(start, count) }
        written = count
    }
}
