import CSecret
import Sealing

/// What an item is found by: its schema's name, the store and the slot. None is secret, and services don't hide them.
@safe final class Attributes {
    /// Strings to strings, as libsecret takes them.
    let table: OpaquePointer

    /// The attribute with the highest generation of the store that was seen, in decimal.
    private static let generation = "generation"

    /// The attributes of a slot's key.
    ///
    /// - Parameters:
    ///   - store: the store's id, 16 bytes.
    ///   - slot: the slot's id, 8 bytes.
    ///   - generation: the highest generation of the store that was seen; nothing is found by it.
    init(store: [UInt8], slot: [UInt8], generation: UInt64? = nil) {
        precondition(store.count == 16 && slot.count == 8, "a store's id has 16 bytes, a slot's 8")
        guard let table = unsafe g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) else {
            fatalError("no memory for a table")
        }
        unsafe self.table = table
        let pairs =
            [
                // What libsecret adds by itself to a search or an item with a schema.
                ("xdg:schema", "org.awskeys.DataKey"), ("store", hexadecimal(store)), ("slot", hexadecimal(slot)),
            ] + (generation.map { [(Self.generation, String($0))] } ?? [])
        for (name, value) in pairs { unsafe g_hash_table_insert(table, g_strdup(name), g_strdup(value)) }
    }

    /// Attributes that an item has; they are taken over.
    init(_ table: OpaquePointer) { unsafe self.table = table }

    /// The generation that they tell, if they do.
    var generation: UInt64? {
        guard let value = unsafe g_hash_table_lookup(table, Self.generation) else { return nil }
        return unsafe UInt64(String(cString: value.assumingMemoryBound(to: CChar.self)))
    }

    deinit { unsafe g_hash_table_unref(table) }
}
