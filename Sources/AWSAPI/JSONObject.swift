private import CJansson
public import Sealing

/// An object in JSON. Its texts may be secrets: they lie in memory that is wiped when the object goes.
@safe public struct JSONObject: ~Copyable {
    private let root: UnsafeMutablePointer<json_t>

    /// Larger ones have nothing to do with credentials, in bytes.
    private static let largest = 1 << 18

    /// Jansson's memory is ours, once and for all. So is its seed, for which it would open a file and hand that on to
    /// programs that are started meanwhile.
    private static let isReady: Bool = {
        unsafe json_set_alloc_funcs(WipedMemory.allocate, WipedMemory.free)
        json_object_seed(Int(UInt32.random(in: 1...UInt32.max)))
        return true
    }()

    /// Reads a document; `nil` if it isn't one object, if it has a name twice, and if it is larger than 256 KiB.
    public init?(_ document: borrowing SecretBytes) {
        guard Self.isReady, document.count <= Self.largest else { return nil }
        let root = unsafe document.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                // Where an error is described, the description quotes the document.
                unsafe json_loadb(
                    bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, Int(JSON_REJECT_DUPLICATES),
                    nil)
            }
        }
        guard let root = unsafe root else { return nil }
        guard unsafe root.pointee.type == JSON_OBJECT else {
            unsafe json_decref(root)
            return nil
        }
        unsafe self.root = unsafe root
    }

    deinit { unsafe json_decref(root) }

    /// Whether there is such a member, and it isn't null.
    public func has(_ name: String) -> Bool {
        guard let value = unsafe json_object_get(root, name) else { return false }
        return unsafe value.pointee.type != JSON_NULL
    }

    /// A text; `nil` if there is none of that name.
    public func text(_ name: String) -> SecretBytes? {
        let value = unsafe json_object_get(root, name)
        guard let text = unsafe json_string_value(value) else { return nil }
        let count = unsafe json_string_length(value)
        return unsafe text.withMemoryRebound(to: UInt8.self, capacity: count) { text in
            unsafe SecretBytes(copying: Span(_unsafeStart: text, count: count))
        }
    }

    /// A whole number; `nil` if there is none of that name.
    public func integer(_ name: String) -> Int? {
        guard let value = unsafe json_object_get(root, name), unsafe value.pointee.type == JSON_INTEGER else {
            return nil
        }
        return unsafe Int(json_integer_value(value))
    }
}
