private import Glibc

/// What holds up a suspend: a descriptor of logind's, given back when this goes.
struct Inhibitor: ~Copyable {
    private let descriptor: Int32

    /// Takes over the descriptor.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}
