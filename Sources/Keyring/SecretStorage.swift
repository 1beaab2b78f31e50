import CSecret

/// The Secret Service on the session bus: libsecret's calls, each with a deadline, and no more than we need of them.
///
/// They are the `secret_service_*` calls, not `secret_password_*`, which `SECRET_BACKEND` and `SNAP_NAME` redirect to a
/// file. libsecret takes the service's name on the bus from `SECRET_SERVICE_BUS_NAME`, which is therefore taken away.
@safe final class SecretStorage {
    /// What this exchange is held to.
    let conversation: Conversation
    private let service: Owned

    /// Connects to the bus. Whether the service is there shows with the first question to it.
    ///
    /// - Throws: ``KeyringError/noService`` where there is no bus.
    init(_ conversation: Conversation) throws(KeyringError) {
        self.conversation = conversation
        guard SessionBus.isNamed else { throw .noService }
        unsafe g_unsetenv("SECRET_SERVICE_BUS_NAME")
        let connected = try unsafe conversation.ask {
            unsafe g_bus_get(G_BUS_TYPE_SESSION, $0, $1, $2)
        } finish: {
            unsafe g_bus_get_finish($0, $1)
        }
        guard let bus = unsafe connected else { throw .noService }
        defer { unsafe g_object_unref(UnsafeMutableRawPointer(bus)) }
        // Otherwise GLib ends this process with SIGTERM when the bus goes away.
        unsafe g_dbus_connection_set_exit_on_close(bus, 0)
        let opened = try unsafe conversation.ask {
            unsafe secret_service_open(
                secret_service_get_type(), "org.freedesktop.secrets", SECRET_SERVICE_NONE, $0, $1, $2)
        } finish: {
            unsafe secret_service_open_finish($0, $1)
        }
        guard let opened = unsafe opened else { throw .noService }
        service = unsafe Owned(opened, in: conversation)
    }

    /// The items that have these attributes, in all collections, the unlocked ones first. Never prompts.
    func items(_ attributes: Attributes) throws(KeyringError) -> [Item] {
        try unsafe service.lend(as: SecretService.self) { service throws(KeyringError) in
            let found = try unsafe conversation.ask {
                unsafe secret_service_search(service, nil, attributes.table, SECRET_SEARCH_ALL, $0, $1, $2)
            } finish: {
                unsafe secret_service_search_finish(service, $0, $1)
            }
            defer { unsafe g_list_free(found) }
            return unsafe all(found) { unsafe Item($0, in: conversation) }
        }
    }

    /// The collection that new items go to; `nil` where the service has none.
    func defaultCollection() throws(KeyringError) -> Collection? {
        try unsafe service.lend(as: SecretService.self) { service throws(KeyringError) in
            let found = try unsafe conversation.ask {
                unsafe secret_collection_for_alias(
                    service, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, $0, $1, $2)
            } finish: {
                unsafe secret_collection_for_alias_finish($0, $1)
            }
            return unsafe found.map { unsafe Collection($0, in: conversation) }
        }
    }

    /// All collections.
    func collections() throws(KeyringError) -> [Collection] {
        try unsafe service.lend(as: SecretService.self) { service throws(KeyringError) in
            let isLoaded = try unsafe conversation.ask {
                unsafe secret_service_load_collections(service, $0, $1, $2)
            } finish: {
                unsafe secret_service_load_collections_finish(service, $0, $1)
            }
            guard isLoaded != 0 else { return [] }
            let found = unsafe secret_service_get_collections(service)
            defer { unsafe g_list_free(found) }
            return unsafe all(found) { unsafe Collection($0, in: conversation) }
        }
    }

    /// Whether there are collections and all of them are locked.
    func isLockedAltogether() throws(KeyringError) -> Bool {
        let all = try collections()
        // The session's own is never locked, and nothing is kept in it.
        return !all.isEmpty && all.allSatisfy { $0.isLocked || $0.isForSession }
    }

    /// The items of an unlocked collection.
    func items(of collection: Collection) throws(KeyringError) -> [Item] {
        try unsafe collection.lend(as: SecretCollection.self) { collection throws(KeyringError) in
            _ = try unsafe conversation.ask {
                unsafe secret_collection_load_items(collection, $0, $1, $2)
            } finish: {
                unsafe secret_collection_load_items_finish(collection, $0, $1)
            }
            let found = unsafe secret_collection_get_items(collection)
            defer { unsafe g_list_free(found) }
            return unsafe all(found) { unsafe Item($0, in: conversation) }
        }
    }

    /// What is made of each object in a list.
    private func all<Object>(_ list: UnsafeMutablePointer<GList>?, _ make: (gpointer) -> Object) -> [Object] {
        var objects: [Object] = []
        var link = unsafe list
        while let here = unsafe link {
            if let object = unsafe here.pointee.data { unsafe objects.append(make(object)) }
            unsafe link = here.pointee.next
        }
        return objects
    }

    /// Makes the collection that new items go to; the service asks the person for its passphrase.
    ///
    /// libsecret doesn't notice that this prompt was dismissed and takes the path in the answer, `/`, for a collection:
    /// it then complains of an unknown method, or gives a collection that doesn't exist. So what counts is whether
    /// there is a default collection afterwards.
    ///
    /// - Throws: ``KeyringError/dismissed``, ``KeyringError/timedOut`` or what else went wrong.
    func makeDefaultCollection() throws(KeyringError) -> Collection {
        try unsafe service.lend(as: SecretService.self) { service throws(KeyringError) in
            let made = try unsafe conversation.ask {
                unsafe secret_collection_create(
                    service, "Default keyring", SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_CREATE_NONE, $0, $1, $2)
            } finish: { outcome, error in
                let made = unsafe secret_collection_create_finish(outcome, error)
                let unknownMethod = Int32(bitPattern: G_DBUS_ERROR_UNKNOWN_METHOD.rawValue)
                if unsafe g_error_matches(error.pointee, g_dbus_error_quark(), unknownMethod) != 0 {
                    unsafe g_clear_error(error)
                }
                return unsafe made
            }
            if let made = unsafe made { unsafe g_object_unref(made) }
        }
        guard let collection = try defaultCollection() else { throw .dismissed }
        return collection
    }

    /// Has an item or a collection unlocked; the service asks the person.
    ///
    /// - Throws: ``KeyringError/dismissed``, ``KeyringError/timedOut`` or what else went wrong.
    func unlock(_ object: Owned) throws(KeyringError) {
        let unlocked = try unsafe service.lend(as: SecretService.self) { service throws(KeyringError) in
            try unsafe object.lend(as: GObject.self) { object throws(KeyringError) in
                let list = unsafe g_list_append(nil, object)
                defer { unsafe g_list_free(list) }
                return try unsafe conversation.ask {
                    unsafe secret_service_unlock(service, list, $0, $1, $2)
                } finish: {
                    unsafe secret_service_unlock_finish(service, $0, nil, $1)
                }
            }
        }
        // libsecret has no error for a prompt that was dismissed.
        guard unlocked > 0 else { throw .dismissed }
    }

    /// Fetches an item's secret and lends its bytes; `nil` for an item that has none.
    ///
    /// They lie in libsecret's own locked memory, which it wipes.
    func secret<Result: ~Copyable>(
        of item: Item, _ body: (borrowing Span<UInt8>) -> Result?
    ) throws(KeyringError) -> Result? {
        let value = try unsafe item.lend(as: SecretItem.self) { item throws(KeyringError) in
            _ = try unsafe conversation.ask {
                unsafe secret_item_load_secret(item, $0, $1, $2)
            } finish: {
                unsafe secret_item_load_secret_finish(item, $0, $1)
            }
            return unsafe secret_item_get_secret(item)
        }
        guard let value = unsafe value else { return nil }
        defer { unsafe secret_value_unref(UnsafeMutableRawPointer(value)) }
        var size: gsize = 0
        guard let start = unsafe secret_value_get(value, &size) else { return nil }
        return unsafe start.withMemoryRebound(to: UInt8.self, capacity: Int(size)) { start in
            body(unsafe Span(_unsafeStart: start, count: Int(size)))
        }
    }

    /// Puts an item into an unlocked collection, in the place of one with the same attributes.
    ///
    /// `secret_item_create` fails where the collection has been locked meanwhile; `secret_service_store` would prompt.
    /// `secret_value_new` copies the secret into libsecret's own locked memory and wipes it there, so ours needn't
    /// outlive the call.
    func put(
        _ secret: borrowing Span<UInt8>, _ attributes: Attributes, label: String, in collection: Collection
    ) throws(KeyringError) {
        let value = unsafe secret.withUnsafeBytes { secret in
            unsafe secret_value_new(
                secret.baseAddress?.assumingMemoryBound(to: CChar.self), secret.count, "text/plain")
        }
        defer { unsafe secret_value_unref(UnsafeMutableRawPointer(value)) }
        try unsafe collection.lend(as: SecretCollection.self) { collection throws(KeyringError) in
            let made = try unsafe conversation.ask {
                unsafe secret_item_create(
                    collection, nil, attributes.table, label, value, SECRET_ITEM_CREATE_REPLACE, $0, $1, $2)
            } finish: {
                unsafe secret_item_create_finish($0, $1)
            }
            guard let made = unsafe made else { throw .dismissed }
            unsafe g_object_unref(made)
        }
    }

    /// Gives an item other attributes.
    func set(_ attributes: Attributes, of item: Item) throws(KeyringError) {
        let isSet = try unsafe item.lend(as: SecretItem.self) { item throws(KeyringError) in
            try unsafe conversation.ask {
                unsafe secret_item_set_attributes(item, nil, attributes.table, $0, $1, $2)
            } finish: {
                unsafe secret_item_set_attributes_finish(item, $0, $1)
            }
        }
        guard isSet != 0 else { throw .dismissed }
    }

    /// Removes an item.
    func delete(_ item: Item) throws(KeyringError) {
        let isGone = try unsafe item.lend(as: SecretItem.self) { item throws(KeyringError) in
            try unsafe conversation.ask {
                unsafe secret_item_delete(item, $0, $1, $2)
            } finish: {
                unsafe secret_item_delete_finish(item, $0, $1)
            }
        }
        guard isGone != 0 else { throw .dismissed }
    }
}
