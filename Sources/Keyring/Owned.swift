import CSecret
import Sealing

/// A GObject of which one reference is ours; it is given back when this goes.
@safe class Owned {
    private let object: UnsafeMutableRawPointer
    /// Outlives the object, whose end leaves work in the conversation's event loop.
    private let conversation: Conversation

    /// Takes over a reference to an object that came up in a conversation.
    init(_ object: UnsafeMutableRawPointer, in conversation: Conversation) {
        unsafe self.object = object
        self.conversation = conversation
    }

    deinit { unsafe g_object_unref(object) }

    /// Lends the object, which lives at least until `body` ends.
    func lend<Object, Result, Problem: Error>(
        as type: Object.Type, _ body: (UnsafeMutablePointer<Object>) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try unsafe body(object.assumingMemoryBound(to: type))
    }
}

/// An item of the Secret Service: attributes, a label and a secret.
final class Item: Owned {
    /// Whether its secret can't be read until the person unlocks it.
    var isLocked: Bool { unsafe lend(as: SecretItem.self) { unsafe secret_item_get_locked($0) != 0 } }

    /// What it is called.
    var label: String {
        unsafe lend(as: SecretItem.self) { item in
            guard let label = unsafe secret_item_get_label(item) else { return "" }
            defer { unsafe g_free(label) }
            return unsafe String(cString: label)
        }
    }

    /// What it is found by, and what else stands beside it.
    var attributes: Attributes? {
        unsafe lend(as: SecretItem.self) { unsafe secret_item_get_attributes($0).map { unsafe Attributes($0) } }
    }
}

/// A collection of items, locked and unlocked together: what people call a keyring.
final class Collection: Owned {
    /// Whether nothing can be put into it until the person unlocks it.
    var isLocked: Bool { unsafe lend(as: SecretCollection.self) { unsafe secret_collection_get_locked($0) != 0 } }

    /// Whether it is the one that goes with the session (Secret Service API, "The session collection").
    var isForSession: Bool { name == "session" }

    /// The last part of its path on the bus, where services write `_` and two hexadecimal digits for a byte that can't
    /// stand there.
    var name: String {
        let path = unsafe lend(as: GDBusProxy.self) { unsafe String(cString: g_dbus_proxy_get_object_path($0)) }
        return decoding(path.utf8.split(separator: UInt8(ascii: "/")).last ?? [], after: UInt8(ascii: "_"))
    }
}
