import Foundation
import Sealing
import TestSupport
import Testing

@testable import SealedStore

/// The stores that are published for other implementations; `Tests/StoreVectors/README.md` says what they are.
@Suite("The published stores")
struct StoreVectorTests {
    struct Vector: Decodable {
        let file: String
        let about: String
        let dataKey: String
        let error: String?

        enum CodingKeys: String, CodingKey {
            case file, about, error
            case dataKey = "data_key"
        }
    }

    @Test("each is read, or refused for the reason that the list has")
    func all() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../StoreVectors")
        let vectors = try JSONDecoder().decode(
            [Vector].self, from: Data(contentsOf: folder.appending(path: "index.json")))
        #expect(vectors.count >= 200)
        #expect(vectors.count { $0.error != nil } * 4 >= vectors.count * 3)
        for vector in vectors {
            let file = Array(try Data(contentsOf: folder.appending(path: vector.file)))
            guard let key = SealingKey(SecretBytes(copying: bytes(hexadecimal: vector.dataKey).span)) else {
                Issue.record("\(vector.file) has no data key")
                continue
            }
            let found = wholeRead(file, with: key).map(word)
            #expect(found == vector.error, "\(vector.file): \(vector.about)")
        }
    }

    private func word(_ error: StoreError) -> String {
        switch error {
        case .notAStore: "not a store"
        case .newer: "newer"
        case .wrongKey: "wrong key"
        case .damaged(let part): "damaged \(part.rawValue)"
        default: String(describing: error)
        }
    }
}
