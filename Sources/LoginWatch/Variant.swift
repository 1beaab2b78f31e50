import CGio

/// A value as D-Bus carries it; one reference is ours.
///
/// Whoever reads it looks at ``type`` first: a value of another type is a programming error for GLib.
@safe final class Variant {
    /// The C value, for as long as this lives.
    let value: OpaquePointer

    /// Takes over a reference.
    init(taking value: OpaquePointer) { unsafe self.value = value }

    deinit { unsafe g_variant_unref(value) }

    /// Its type, in D-Bus's letters.
    var type: String { unsafe String(cString: g_variant_get_type_string(value)) }

    /// The members of an array, a structure or an entry.
    var members: [Variant] {
        (0..<(unsafe g_variant_n_children(value))).map { unsafe Variant(taking: g_variant_get_child_value(value, $0)) }
    }

    /// Of type `b`.
    var flag: Bool { unsafe g_variant_get_boolean(value) != 0 }
    /// Of type `u`.
    var number: UInt32 { unsafe g_variant_get_uint32(value) }
    /// Of type `s` or `o`.
    var text: String { unsafe String(cString: g_variant_get_string(value, nil)) }

    /// What a dictionary, of type `a{sv}`, has for a name.
    func entry(_ name: String) -> Variant? {
        unsafe g_variant_lookup_value(value, name, nil).map { unsafe Variant(taking: $0) }
    }
}
