private import CExpat
import Sealing

/// An element of an answer. Its text may be a secret, so it lies where secrets lie.
final class XMLElement {
    /// The name without a prefix.
    let name: String
    private(set) var children: [XMLElement] = []
    /// What stands in an element that has no others in it.
    private(set) var text = SecretBytes(zeros: 0)

    private init(name: String) { self.name = name }

    /// The first child of that name.
    subscript(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The text as such, where it is no secret.
    var string: String { text.withBytes { String(decoding: $0.array(), as: UTF8.self) } }
}

extension XMLElement {
    /// Why bytes are no document of this kind.
    struct Malformed: Error {}

    private static let deepest = 32

    /// Reads a document.
    ///
    /// - Throws: ``Malformed`` for what isn't well formed, for a document type declaration, which no answer has, and
    ///   for more than 32 levels.
    static func parse(_ document: borrowing SecretBytes) throws(Malformed) -> XMLElement {
        var memory = unsafe XML_Memory_Handling_Suite(
            malloc_fcn: WipedMemory.allocate, realloc_fcn: WipedMemory.resize, free_fcn: WipedMemory.free)
        guard let parser = unsafe XML_ParserCreate_MM(nil, &memory, nil) else { throw Malformed() }
        defer { unsafe XML_ParserFree(parser) }
        let reader = Reader(size: document.count)
        unsafe XML_SetUserData(parser, Unmanaged.passUnretained(reader).toOpaque())
        unsafe XML_SetElementHandler(
            parser, { reader, name, _ in unsafe Reader.of(reader)?.begin(name) },
            { reader, _ in unsafe Reader.of(reader)?.end() })
        unsafe XML_SetCharacterDataHandler(parser) { reader, text, count in
            unsafe Reader.of(reader)?.add(text, Int(count))
        }
        unsafe XML_SetStartDoctypeDeclHandler(parser) { reader, _, _, _, _ in unsafe Reader.of(reader)?.refuse() }
        let status = document.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe XML_Parse(
                    parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: bytes.count), 1)
            }
        }
        guard status == XML_STATUS_OK, !reader.isRefused, let root = reader.root else { throw Malformed() }
        return root
    }

    /// Puts the elements together while the document is gone through.
    private final class Reader {
        private(set) var root: XMLElement?
        private(set) var isRefused = false
        private var open: [XMLElement] = []
        /// The text since the last tag.
        private var text: SecretBytes
        private var count = 0

        init(size: Int) { text = SecretBytes(zeros: size) }

        static func of(_ pointer: UnsafeMutableRawPointer?) -> Reader? {
            unsafe pointer.map { unsafe Unmanaged<Reader>.fromOpaque($0).takeUnretainedValue() }
        }

        func refuse() { isRefused = true }

        func begin(_ name: UnsafePointer<CChar>?) {
            guard let name = unsafe name, open.count < XMLElement.deepest else { return refuse() }
            let full = unsafe String(cString: name)
            let element = XMLElement(name: String(full.split(separator: ":").last ?? ""))
            open.last?.children.append(element)
            open.append(element)
            if root == nil { root = element }
            count = 0
        }

        func end() {
            guard let element = open.popLast(), element.children.isEmpty else { return }
            element.text = text.withBytes { SecretBytes(copying: $0.extracting(0..<count)) }
        }

        func add(_ part: UnsafePointer<CChar>?, _ size: Int) {
            // Entities that stand for more than they take can't be declared, so this always fits.
            guard let part = unsafe part, size <= text.count - count else { return refuse() }
            unsafe part.withMemoryRebound(to: UInt8.self, capacity: size) { part in
                let span = unsafe Span(_unsafeStart: part, count: size)
                let at = count
                text.withMutableBytes { $0.write(span, at: at) }
            }
            count += size
        }
    }
}
