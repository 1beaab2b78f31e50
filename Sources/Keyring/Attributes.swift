import CSecret
import Sealing

/// What an item is found by: its schema's name, the store and the slot. None is secret, and services don't hide them.
@safe final class Attributes {
    /// Strings to strings, as libsecret takes them.
    let table: OpaquePointer

    /// The attributes of a slot's key.
    ///
    /// - Parameters:
    ///   - store: the store's id, 16 bytes.
    ///   - slot: the slot's id, 8 bytes.
    init(store: [UInt8], slot: [UInt8]) {
        precondition(store.count == 16 && slot.count == 8, "a store's id has 16 bytes, a slot's 8")
        guard let table = unsafe g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) else {
            fatalError("no memory for a table")
        }
        unsafe self.table = table
        let pairs = [
            // What libsecret adds by itself to a search or an item with a schema.
            ("xdg:schema", "org.awskeys.DataKey"), ("store", hexadecimal(store)), ("slot", hexadecimal(slot)),
        ]
        for (name, value) in pairs { unsafe g_hash_table_insert(table, g_strdup(name), g_strdup(value)) }
    }

    deinit { unsafe g_hash_table_unref(table) }
}
